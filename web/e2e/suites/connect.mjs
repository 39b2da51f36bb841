// A cluster that is connected in front of somebody: from the sources to its first
// exposures. The agent is played here, over HTTP; against a real API server it is
// TestLabConnectKube that walks this way.
import { readFile } from 'node:fs/promises'
import { join } from 'node:path'
import { axeSource, must, none, same, settled, total, until } from '../lib.mjs'

// A second try is about another cluster and other images.
let tries = 0
let cluster = ''
let source = ''

/** Tells what runs, as the agent of the cluster does: all of one namespace. */
async function tell(stage, services) {
  const made = await stage.ask('POST', '/api/v1/tokens', { body: { name: 'agent', role: 'source', source, expires: new Date(Date.now() + 86_400_000).toISOString() } })
  must(made.status < 300, `a token: ${made.status} ${JSON.stringify(made.doc)}`)
  const scope = `${cluster}/shop`
  const at = new Date().toISOString()
  const items = services.map((s, i) => ({
    seq: i + 1, kind: 'member', snapshot: 'one', scope, subject: `workload/Deployment/shop/${s.name}`, media: 'workload', observed_at: at,
    body: { service: s.name, kind: 'Deployment', namespace: 'shop', replicas: 2, containers: [{ name: 'main', image: s.image, replicas: 2 }], doors_complete: true },
  }))
  items.push({ seq: items.length + 1, kind: 'marker', snapshot: 'one', scope, observed_at: at, count: services.length })
  const sent = await stage.ask('POST', '/api/v1/evidence/observations', { token: made.doc.secret, body: { schema: 'tidemark.observations/v1', source, epoch: 1, sent_at: at, every: 300, scopes: [scope], items } })
  must(sent.status === 200 && sent.doc.accepted >= services.length, `what the agent tells: ${sent.status} ${JSON.stringify(sent.doc)}`)
}

/** Says what is in an image, as the look into its registry would. */
async function known(stage, artifact, file) {
  const { status, doc } = await stage.ask('POST', `/api/v1/evidence/sboms?artifact=${encodeURIComponent(artifact)}`, { body: await readFile(join(stage.config.examples, 'sboms', file), 'utf8') })
  same(status, 202, `the bill of materials ${file}: ${JSON.stringify(doc)}`)
}

function imageOf(text) {
  const [, name, tag, digest] = /^(.*):([^:@]+)@(sha256:.*)$/.exec(text)
  return { name, tag, digest }
}

const number = async (page, id) => Number(await page.getByTestId(`cluster-${id}`).locator('[data-count]').getAttribute('data-count'))
const state = (page) => page.getByTestId('cluster').getAttribute('data-state')

/** Nothing that axe calls serious or critical, and nothing wider than the page. */
async function sound(page, when) {
  await page.evaluate(axeSource)
  const { violations } = await page.evaluate(() => globalThis.axe.run(document, { resultTypes: ['violations'] }))
  none(violations.filter((v) => ['serious', 'critical'].includes(v.impact)).map((v) => `${v.id} at ${v.nodes[0]?.target}`), when)
  must(await page.evaluate(() => document.documentElement.scrollWidth <= innerWidth), `${when}: it is wider than the window`)
}

/** From the sources to a command to copy, and to waiting. */
async function asksFor(page, stage) {
  await stage.visit(page, '/sources')
  await page.locator('main').getByRole('link', { name: /^connect/i }).first().click()
  await settled(page)
  await page.getByRole('tab', { name: 'Kubernetes' }).click()
  await page.getByLabel('Name of the cluster').fill('two words')
  must(await page.getByRole('button', { name: 'Wait for it' }).isDisabled(), 'a name that the command refuses is taken')
  await page.getByLabel('Name of the cluster').fill(cluster)
  const text = await page.getByRole('tabpanel', { name: 'Kubernetes' }).textContent()
  must(text.includes(`tidemark connect kube --server ${stage.url} --cluster ${cluster}`), `no command to copy: ${text.slice(0, 400)}`)
  await page.getByRole('button', { name: 'Wait for it' }).click()
  await until('waiting for it', async () => (await state(page)) === 'waiting')
  await sound(page, 'while it waits')
}

async function walk(stage) {
  const page = await stage.page()
  tries += 1
  cluster = `eu-${tries}`
  source = `kube/${cluster}`
  const [weak, weaker] = [stage.config.weak, stage.config.weaker].map((image) => `${image.slice(0, -1)}${tries}`)
  await asksFor(page, stage)
  await tell(stage, [{ name: 'orders', image: imageOf(weak) }, { name: 'reports', image: imageOf(weaker) }])
  await until('its workloads', async () => (await state(page)) === 'seen' && (await number(page, 'workloads')) === 2)
  must(/asks no registry/.test(await page.getByTestId('cluster').textContent()), 'it does not say why nothing goes on')
  await known(stage, weak, 'orders-1.4.0.cdx.json')
  await until('the first exposures', async () => (await state(page)) === 'exposed' && (await number(page, 'known')) === 1)
  const first = await number(page, 'exposures')
  must(first > 0, 'there is none')
  await page.reload()
  await settled(page)
  await until('the same after a reload', async () => (await number(page, 'exposures')) === first)
  await known(stage, weaker, 'reports-0.9.0.cdx.json')
  await until('all of it', async () => (await state(page)) === 'known' && (await number(page, 'exposures')) > first)
  const all = await number(page, 'exposures')
  await page.setViewportSize({ width: 320, height: 800 })
  await sound(page, 'when all is known, 320 px wide')
  await page.setViewportSize({ width: 1440, height: 900 })
  await page.getByTestId('cluster-workloads').locator('[data-count]').click()
  await page.waitForURL(/\/twin\?/)
  same(await total(page), 2, 'the workloads behind the number')
  await page.goBack()
  await page.getByTestId('cluster-exposures').locator('[data-count]').click()
  await page.waitForURL(/\/exposures\?/)
  await until('as many exposures as the number says', async () => (await total(page)) === all)
  const list = await stage.get(`/api/v1/exposures?limit=1000&q=${encodeURIComponent(`source:${source}`)}`)
  must(list.items.every((e) => e.environment === `${cluster}/shop` && e.gates.running === 'yes'), 'an exposure that does not run in the cluster')
  await stage.visit(page, '/sources')
  must((await page.getByTestId('sources').textContent()).includes(source), 'the sources do not have it')
  return `${first} exposures of the first image, ${all} of both`
}

export const checks = [['C1', 'a cluster is connected, from the sources to its first exposures', walk]]
