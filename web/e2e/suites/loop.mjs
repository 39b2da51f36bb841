// A small estate that is asked about, fixed, proven, and broken again.
import { readFile } from 'node:fs/promises'
import { join } from 'node:path'
import { must, same, until } from '../lib.mjs'

const log4shell = 'CVE-2021-44228'

const placesOf = (page) => page.$$eval('[data-testid=affected-row]', (all) => [...new Set(all.map((r) => [...r.querySelectorAll('td')].slice(0, 2).map((c) => c.textContent).join(' in ')))].sort().join(', '))
const idsOf = (page) => page.$$eval('[data-testid=affected-row]', (all) => all.map((r) => r.dataset.exposure).sort())

async function names(stage) {
  const page = await stage.page()
  const digest = stage.config.digest.split('@')[1]
  await stage.visit(page, `/affected/${log4shell}`)
  const [places, ids] = [await placesOf(page), await idsOf(page)]
  must(ids.length > 0, 'Log4Shell is nowhere')
  for (const what of ['GHSA-jfh8-c2jp-5v3q', 'pkg:maven/org.apache.logging.log4j/log4j-core@2.14.1', 'log4j-core', digest]) {
    await stage.visit(page, '/affected')
    await page.getByTestId('affected-box').fill(what)
    await page.keyboard.press('Enter')
    await page.getByTestId('affected-rows').waitFor()
    same(await placesOf(page), places, `the places of ${what}`)
    const found = await idsOf(page)
    must(ids.every((id) => found.includes(id)), `${what} does not lead to ${ids}`)
    if (what.startsWith('GHSA')) same(found.join(), ids.join(), `the rows of ${what}`)
  }
  return places
}

async function then(stage) {
  const page = await stage.page()
  await stage.visit(page, `/affected/${log4shell}?asof=${stage.config.before}`)
  await page.getByTestId('verdict-now').waitFor()
  same(await page.getByTestId('verdict-then').getAttribute('data-verdict'), 'not-found', 'the verdict before the first deployment')
  same(await page.getByTestId('verdict-now').getAttribute('data-verdict'), 'affected-running', 'the verdict of today')
}

const file = (stage, name) => readFile(join(stage.config.examples, name), 'utf8')

async function running(stage, name) {
  const all = JSON.parse(await file(stage, name)).filter((r) => r.service !== 'mailer')
  const { status, doc } = await stage.ask('POST', '/api/v1/evidence/deployments?source=cluster&every=24h', { body: all })
  same(status, 202, `the records of ${name}: ${JSON.stringify(doc)}`)
}

const exposure = async (stage) => (await stage.get(`/api/v1/exposures?q=${encodeURIComponent(`cve:${log4shell} svc:orders`)}%20is:live,closed`)).items.find((e) => e.environment === 'prod')
const action = async (stage) => (await stage.get('/api/v1/actions?limit=100')).items.find((a) => /log4j-core/.test(JSON.stringify(a)) && /orders/.test(JSON.stringify(a)))

async function fixed(stage) {
  const page = await stage.page()
  const was = await stage.get('/api/v1/overview')
  const one = await exposure(stage)
  const work = await action(stage)
  must(one && work, 'no exposure or no action of log4j-core in orders')
  Object.assign(stage.config, { exposure: one.id, action: work.id })
  const { status, doc } = await stage.ask('POST', `/api/v1/evidence/sboms?artifact=${encodeURIComponent(stage.config.fixed)}`, { body: await file(stage, 'sboms/orders-1.4.1.cdx.json') })
  same(status, 202, `the bill of materials: ${JSON.stringify(doc)}`)
  await running(stage, 'running-2.json')
  await until('the action to be verified', async () => (await stage.get(`/api/v1/actions/${work.id}`)).state === 'verified', 30_000)
  same((await stage.get(`/api/v1/exposures/${one.id}`)).state, 'fixed', 'the exposure')
  const is = await until('the numbers to follow', async () => {
    const doc = await stage.get('/api/v1/overview')
    return doc.bars[0].through.count < was.bars[0].through.count ? doc : null
  })
  await stage.visit(page, '/overview')
  const shown = Number(await page.locator('[data-gate=found]').getAttribute('data-yes'))
  must(shown < was.bars[0].through.count, `the overview still says ${shown}`)
  await stage.visit(page, `/actions/${work.id}`)
  must(/verified/i.test(await page.locator('main').textContent()), 'the page of the action does not say verified')
  return `${was.bars[0].through.count} → ${is.bars[0].through.count}`
}

async function broken(stage) {
  const page = await stage.page()
  const { exposure: id, action: work } = stage.config
  must(id && work, 'the fix was not tried')
  await running(stage, 'running-1.json')
  const again = await until('the action to be reopened', async () => {
    const doc = await stage.get(`/api/v1/actions/${work}`)
    return doc.state === 'verified' ? null : doc
  }, 30_000)
  const e = await stage.get(`/api/v1/exposures/${id}`)
  same(e.state, 'open', 'the exposure')
  must(e.regressions >= 1, 'it does not say that it came back')
  await stage.visit(page, `/exposures/${id}`)
  await page.getByTestId('regressed').waitFor()
  await stage.visit(page, `/actions/${work}`)
  must(/regressed|came back|reopened/i.test(await page.locator('main').textContent()), 'the page of the action does not say that it came back')
  return `the action is ${again.state}`
}

async function logged(stage) {
  const page = await stage.page()
  const { items } = await stage.get(`/api/v1/exposures?limit=5&q=${encodeURIComponent('is:live decision:schedule,watch')}`)
  const [one] = items
  const steps = [
    ['PATCH', `/api/v1/exposures/${one.id}`, { decision: 'act', reason: 'a reason for the log' }],
    ['POST', `/api/v1/exposures/${one.id}/undo`, {}],
    ['PATCH', `/api/v1/exposures/${one.id}`, { owner: 'night shift', reason: 'somebody has to' }],
  ]
  for (const [method, path, body] of steps) {
    const all = async () => (await stage.get('/api/v1/audit?limit=200')).items.filter((a) => JSON.stringify(a).includes(one.id))
    const before = (await all()).length
    const { status, doc } = await stage.ask(method, path, { body })
    must(status < 300, `${method} ${path}: ${status} ${JSON.stringify(doc)}`)
    const now = await all()
    same(now.length - before, 1, `entries of ${method} ${path}`)
    const entry = now.reduce((a, b) => (a.seq > b.seq ? a : b))
    must(/admin/.test(entry.actor), `the actor is ${entry.actor}`)
    must(entry.before !== undefined && entry.after !== undefined && entry.after !== '', `before and after: ${JSON.stringify(entry)}`)
    if (body.reason) same(entry.reason, body.reason, 'the reason')
  }
  const verdict = await stage.get('/api/v1/audit/verification')
  must(verdict.ok ?? verdict.intact ?? verdict.holds, `the chain: ${JSON.stringify(verdict)}`)
  await stage.visit(page, '/audit')
  await page.getByText(one.id).first().waitFor()
}

export const checks = [
  ['A5', 'names', names],
  ['A6', 'then and now', then],
  ['M2', 'fixed', fixed],
  ['M3', 'broken again', broken],
  ['M6', 'the log', logged],
]
