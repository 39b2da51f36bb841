// An estate whose sources have been silent for weeks.
import { must, same, settled } from '../lib.mjs'

async function blind(stage) {
  const page = await stage.page()
  await stage.visit(page, '/overview')
  const strip = page.locator('[data-state=blind]').first()
  await strip.waitFor()
  must(/cluster/.test(await strip.textContent()), `the silent source is not named: ${await strip.textContent()}`)
  await stage.visit(page, '/exposures?q=svc:storefront%20decision:none%20is:late')
  const empty = page.getByTestId('empty')
  if ((await empty.count()) > 0) must(['filtered', 'blind'].includes(await empty.getAttribute('data-state')), 'a blind picture looks done')
}

async function named(stage) {
  const page = await stage.page()
  for (const path of ['/overview', '/exposures', '/sources', '/actions']) {
    await stage.visit(page, path)
    const dot = page.getByTestId('freshness').first()
    await page.waitForFunction(() => document.querySelector('[data-testid=freshness]')?.dataset.state !== 'unknown', undefined, { timeout: 5000 }).catch(() => undefined)
    same(await dot.getAttribute('data-state'), 'stale', `the freshness on ${path}`)
    await dot.click()
    await page.getByText(/cluster/).filter({ visible: true }).first().waitFor()
    await page.keyboard.press('Escape')
    await settled(page)
  }
}

async function cannotSay(stage) {
  const page = await stage.page()
  await stage.visit(page, '/affected/pkg:npm/left-pad@1.0.0')
  const card = page.getByTestId('verdict')
  await card.waitFor()
  same(await card.getAttribute('data-verdict'), 'cannot-say', 'the verdict on stale evidence')
  const coverage = card.getByTestId('coverage')
  must(Number(await coverage.getAttribute('data-searched')) < Number(await coverage.getAttribute('data-total')), 'all was covered')
}

export const checks = [
  ['S1', 'blind', blind],
  ['N4', 'stale, by name', named],
  ['A3', 'cannot say', cannotSay],
]
