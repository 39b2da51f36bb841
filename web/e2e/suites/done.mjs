// An estate in which nothing needs action, all of it covered.
import { must, same } from '../lib.mjs'

async function done(stage) {
  const page = await stage.page()
  await stage.visit(page, '/overview')
  const empty = page.getByTestId('panel-today').getByTestId('empty')
  await empty.waitFor()
  same(await empty.getAttribute('data-state'), 'done', 'the state of today')
  await stage.visit(page, '/exposures?q=decision:act')
  const list = page.getByTestId('empty')
  await list.waitFor()
  same(await list.getAttribute('data-state'), 'done', 'the state of the list of what to act on')
  must(/workloads are covered/.test(await list.textContent()), `no word on the coverage: ${await list.textContent()}`)
}

async function notFound(stage) {
  const page = await stage.page()
  await stage.visit(page, '/affected/pkg:npm/left-pad@1.0.0')
  const card = page.getByTestId('verdict')
  await card.waitFor()
  same(await card.getAttribute('data-verdict'), 'not-found', 'the verdict')
  const said = await card.getByTestId('coverage').textContent()
  must(/Searched [1-9][\d,]* of [1-9][\d,]* running workloads? \(100 ?%\), evidence at most .+ old/.test(said), said)
}

export const checks = [
  ['S1', 'done', done],
  ['A2', 'not found, with how far was looked', notFound],
]
