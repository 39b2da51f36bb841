// A server to which nothing is connected.
import { must, same } from '../lib.mjs'

async function firstRun(stage) {
  const page = await stage.page()
  const said = []
  for (const path of ['/overview', '/exposures']) {
    await stage.visit(page, path)
    const empty = page.getByTestId('empty').first()
    await empty.waitFor()
    same(await empty.getAttribute('data-state'), 'first-run', `the state of ${path}`)
    said.push(await empty.textContent())
  }
  must(said.every((t) => /nothing is connected/i.test(t)), said.join(' | '))
  must((await page.getByRole('link', { name: /connect/i }).count()) > 0, 'no way to connect a source')
}

async function cannotSay(stage) {
  const page = await stage.page()
  await stage.visit(page, '/affected/CVE-2021-44228')
  const card = page.getByTestId('verdict')
  await card.waitFor()
  same(await card.getAttribute('data-verdict'), 'cannot-say', 'the verdict of a server that knows nothing')
  must(/Searched 0 of 0/.test(await card.getByTestId('coverage').textContent()), 'no word on how far was looked')
}

/** A checklist whose steps turn green by evidence. */
async function checklist(stage) {
  const page = await stage.page()
  await stage.visit(page, '/connect')
  const { steps } = await stage.get('/api/v1/first-run')
  must(steps.length >= 3, `only ${steps.length} steps`)
  const shown = await page.locator('main').textContent()
  for (const { title } of steps) must(shown.includes(title), `the checklist has no "${title}"`)
  must(shown.includes('tidemark '), 'no command to copy')
}

export const checks = [
  ['S1', 'first run', firstRun],
  ['S1', 'the checklist', checklist],
  ['A3', 'cannot say', cannotSay],
]
