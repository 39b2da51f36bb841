// A new CVE, from its publication to the proof; it changes the demo, so it comes last.
import { must, same, settled, until } from '../lib.mjs'

async function drill(stage) {
  const page = await stage.page()
  await stage.visit(page, '/overview')
  const act = () => stage.get('/api/v1/overview').then((d) => d.act_now.count)
  const before = await act()
  const begun = Date.now()
  await page.getByTestId('drill-start').click()
  await page.locator('[data-testid=drill][data-step=published]').waitFor({ timeout: 30_000 })
  const found = await until('what is affected', async () => {
    const doc = await stage.get('/api/v1/drill')
    return doc.open.count > 0 && doc.actions.length > 0 ? doc : null
  }, 30_000)
  const took = Date.now() - begun
  must((await act()) > before, 'the number did not rise')
  await page.getByTestId('drill').locator('[data-count]').first().waitFor()
  const action = await stage.get(`/api/v1/actions/${found.actions[0]}`)
  must(action.owner && action.due, `the action has no owner or no clock: ${JSON.stringify(action).slice(0, 200)}`)
  await page.getByRole('button', { name: 'Deploy the fix' }).click()
  await page.locator('[data-testid=drill][data-step=verified]').waitFor({ timeout: 60_000 })
  same((await stage.get(`/api/v1/actions/${found.actions[0]}`)).state, 'verified', 'the action after the deployment')
  same(await act(), before, 'the number after the proof')
  await page.getByRole('button', { name: 'End the drill' }).click()
  await page.getByTestId('drill').waitFor({ state: 'detached' })
  await settled(page)
  stage.figure('from the button to the affected services', took, 1000)
}

export const checks = [['M2', 'the drill', drill]]
