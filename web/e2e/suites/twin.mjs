// The pages of the twin: who may come in, what accounts may do, what is loaded,
// where it was built, and pictures that are larger than anybody can read.
import { readFile } from 'node:fs/promises'
import { axeSource, frames, must, none, same, settled, until } from '../lib.mjs'

const texts = (page, selector) => page.$$eval(selector, (list) => list.map((n) => n.textContent))

/** Each door says whether policies let in what comes through it, by which, and what that rests on. */
async function doors(stage) {
  const page = await stage.page()
  await stage.visit(page, '/twin/Workload/orders?in=lab')
  const shut = page.locator('[data-testid=door][data-door=policy-denied]')
  must((await shut.textContent()).includes('orders-from-front'), 'the door that is shut does not name its policy')
  await shut.getByText('What it rests on').click()
  must(/NetworkPolicy|Network ?policy/i.test(await shut.textContent()) && (await shut.textContent()).includes('git'), 'a door does not say what it rests on, and by whose word')
  must((await page.locator('[data-testid=reached-by]').count()) > 0, 'it does not say who may reach it from within')
  await shut.getByRole('link', { name: 'shop/orders-from-front ingress' }).click()
  await settled(page)
  must(page.url().includes('/twin/NetworkPolicy/'), `the policy leads to ${page.url()}`)
  await stage.visit(page, '/twin/Workload/front?in=lab')
  same(await page.locator('[data-testid=door][data-door=policy-allowed]').count(), 1, 'doors that are let in')
  await stage.visit(page, '/twin/Workload/cart?in=prod') // nobody says what its pods are like
  must(/No door is known|not known/.test(await page.getByTestId('panel-doors').textContent()), 'a door that nobody knows of is called shut')
}

/** What an account may do, what of it leads to more, and which binding gives it; the same on its own page. */
async function access(stage) {
  const page = await stage.page()
  for (const path of ['/twin/Workload/front?in=lab', '/twin/ServiceAccount/shop%2Ffront?in=lab']) {
    await stage.visit(page, path)
    const [power] = await texts(page, '[data-testid=power]')
    must(power?.includes('eads secrets') && power.includes('shop/front-reads') && power.includes('secret-reader'), `${path}: ${power}`)
    must((await page.locator('[data-testid=right]').count()) > 0, `${path}: no right`)
  }
  await stage.visit(page, '/twin/Workload/front?in=lab')
  must((await page.getByTestId('panel-hardening').textContent()).includes('It has a way to its host: privileged'), 'a privileged container is not said to be one')
  await stage.visit(page, '/twin/Workload/orders?in=lab')
  must((await page.getByTestId('panel-access').textContent()).includes('shop/default'), 'pods that name no account have none')
  same(await page.locator('#access [data-verdict=unknown]').count() > 0, true, 'bindings that nobody has told of are called none')
}

/** Loaded, not seen loaded and not known are told apart, with the window. */
async function loaded(stage) {
  const page = await stage.page()
  const seen = page.getByTestId('loaded')
  await until('what is loaded', async () => {
    await stage.visit(page, `/twin/Artifact/${encodeURIComponent(stage.config.cart)}`)
    return (await seen.count()) === 1
  })
  same(JSON.stringify(await seen.evaluate((n) => [n.dataset.loaded, n.dataset.notSeen, n.dataset.unknown])), '["1","2","1"]', 'loaded, not seen, unknown')
  must((await seen.textContent()).includes('host/web-1') && (await seen.textContent()).includes('10 h'), 'who watched, and how long, is not said')
  await stage.visit(page, '/twin/Workload/cart?in=prod')
  same(await seen.count(), 1, 'on the page of the workload')
  await stage.visit(page, '/twin/Workload/mail?in=prod')
  must((await page.getByTestId('panel-loaded').textContent()).includes('Nobody watches'), 'where nobody watches that is not said')
}

/** The SBOM that is downloaded is the one that was given, byte for byte. */
async function sbom(stage) {
  const page = await stage.page()
  await stage.visit(page, `/twin/Artifact/${encodeURIComponent(stage.config.cart)}`)
  const [file] = await Promise.all([page.waitForEvent('download'), page.getByRole('button', { name: 'Download SBOM' }).click()])
  same(file.suggestedFilename(), 'cart-1.0.cdx.json', 'the name of the file')
  same(await readFile(await file.path(), 'utf8'), stage.config.sbom, 'the document')
}

const links = (page) => page.$$eval('[data-testid=chain]', ([chain]) => Object.fromEntries([...chain.querySelectorAll('[data-step]')].map((l) => [l.dataset.step, { state: l.dataset.link, sign: l.querySelector('[data-signature]')?.dataset.signature ?? '', text: l.textContent }])))

/** The chain from the commit to the door, now and as it was known to be before anybody signed. */
async function chain(stage) {
  const page = await stage.page()
  await stage.visit(page, '/twin/Workload/cart?in=prod')
  let got = await links(page)
  for (const step of ['commit', 'build', 'digest']) {
    same(got[step]?.state, 'known', `cart, ${step}`)
    must(/\d{4}/.test(got[step].text), `cart, ${step}: no time: ${got[step].text}`)
  }
  same(got.commit.sign, 'verified', 'the signature of cart')
  await stage.visit(page, `/twin/Workload/cart?in=prod&asof=${encodeURIComponent(stage.config.before)}`)
  got = await links(page)
  same(got.commit?.state, 'unknown', 'the commit of cart before anybody attested it')
  must(got.commit.text.includes('Unknown'), 'a missing link does not say so')
  same(got.workload?.state, 'known', 'the workload then')
  await stage.visit(page, '/twin/Workload/mail?in=prod')
  got = await links(page)
  same(got.commit?.state, 'unknown', 'the commit of mail, whose signature is wrong')
  must(/signature|failed/i.test(Object.values(got).map((l) => l.text).join(' ')), `the wrong signature is not named: ${JSON.stringify(got)}`)
  await stage.visit(page, '/twin/Workload/label?in=prod')
  same((await links(page)).build?.state, 'unknown', 'a build that nobody told of')
}

/** More than can be read stands in groups; nothing is dropped, and what is looked for is drawn. */
async function wide(stage) {
  const page = await stage.page()
  await stage.visit(page, '/twin/service/wide')
  await settled(page)
  const graph = page.getByTestId('graph')
  await graph.waitFor()
  const all = Number(await graph.getAttribute('data-total'))
  must(all > 300, `only ${all} nodes`)
  const drawn = async () => page.locator('[data-node]').count()
  const held = async () => page.$$eval('[data-bundle]', (list) => list.reduce((n, b) => n + Number(b.dataset.count), 0))
  must((await drawn()) <= 60, `${await drawn()} nodes at first`)
  same((await drawn()) + (await held()), all, 'nodes that are drawn and those in groups')
  await page.getByLabel('Find in the picture').fill('wide-3-part-099')
  await page.keyboard.press('Enter')
  await page.locator('[data-node*="wide-3-part-099"][aria-pressed=true]').waitFor()
  must((await page.getByTestId('graph-found').textContent()).includes('wide-3-part-099'), 'what was found is not said')
  same((await drawn()) + (await held()), all, 'nodes with the one that was found')
  // As many as can be opened: never more than 300, and the page says so.
  for (let i = 0; i < 12 && (await drawn()) < 300; i++) {
    const before = await drawn()
    await page.locator('[data-bundle^="+components"]').first().focus()
    await page.keyboard.press('Enter')
    await until('more nodes', async () => (await drawn()) !== before, 2000).catch(() => undefined)
  }
  must((await drawn()) <= 301, `${await drawn()} nodes are drawn`)
  same((await drawn()) + (await held()), all, 'nodes when many are open')
  await page.getByTestId('panel-picture').getByRole('button', { name: 'Table', exact: true }).click()
  const table = page.getByTestId('graph-table')
  await table.waitFor()
  same(Number(await table.getAttribute('data-total')), all, 'rows of the table beside the picture')
  await page.getByLabel('Find in the table').fill('wide-2-part-050')
  await until('one row', async () => (await table.locator('[data-testid=row]').count()) === 1)
  return `${all} nodes`
}

/** The lens of change: what came and what is gone, since when, in the address. */
async function changes(stage) {
  const page = await stage.page()
  await stage.visit(page, '/twin/service/label?lens=change')
  await page.getByTestId('graph').waitFor()
  const marks = () => page.$$eval('[data-node]', (list) => list.flatMap((n) => /, (new|gone|changed)(?:,|$)/.exec(n.querySelector('title').textContent)?.[1] ?? []).sort().join(' '))
  await until('the marks', async () => (await marks()) === 'changed gone new')
  await page.getByLabel('Changed since').selectOption('1')
  await until('none of the last day', async () => (await marks()) === '')
  same(new URL(page.url()).searchParams.get('since'), '1', 'since when, in the address')
}

/** Every page of this estate: axe, 320 px, the theme in the dark, and nothing that jumps. */
async function looks(stage) {
  const paths = ['/twin', '/twin?kind=workloads', '/twin?kind=things', '/twin/Workload/front?in=lab', '/twin/Workload/orders?in=lab', '/twin/ServiceAccount/shop%2Ffront?in=lab', `/twin/Artifact/${encodeURIComponent(stage.config.cart)}`, '/twin/service/wide', '/twin/service/label?lens=change', '/twin/flows', '/twin/diff']
  const faults = []
  for (const theme of ['light', 'dark']) {
    const page = await stage.page({ theme })
    for (const path of paths) {
      await stage.visit(page, path)
      await frames(page, 4)
      await page.evaluate(axeSource)
      const found = await page.evaluate(async () => (await globalThis.axe.run(document, { resultTypes: ['violations'] })).violations.filter((v) => ['serious', 'critical'].includes(v.impact)).map((v) => `${v.id}: ${v.nodes[0]?.html.slice(0, 120)}`))
      faults.push(...found.map((f) => `${theme} ${path}: ${f}`))
      const { shift, shifts } = await page.evaluate(() => ({ shift: globalThis.__seen.shift, shifts: globalThis.__seen.shifts }))
      if (shift > 0.02) faults.push(`${path} jumps by ${shift.toFixed(3)}: ${shifts.join('; ')}`)
    }
  }
  const narrow = await stage.page({ width: 320, height: 700 })
  for (const path of paths) {
    await stage.visit(narrow, path)
    const over = await narrow.evaluate(() => document.documentElement.scrollWidth - innerWidth)
    if (over > 0) faults.push(`${path} is ${over} px wider than 320`)
  }
  none(faults, 'pages of the twin')
}

/** Each number beside the list of workloads is that of the list which it opens, and what is chosen stays in the address. */
async function facets(stage) {
  const page = await stage.page()
  await stage.visit(page, '/twin?kind=workloads')
  await page.waitForSelector('aside [data-facet] [data-value]')
  const found = await page.$$eval('aside [data-facet]', (groups) => groups.flatMap((g) => [...g.querySelectorAll('[data-value]')].map((v) => ({ key: g.dataset.facet, value: v.dataset.value, count: Number(v.dataset.count) }))))
  must(new Set(found.map((f) => f.key)).size >= 10, `only ${found.length} values`)
  const faults = []
  for (const f of found) {
    const { total } = await stage.get(`/api/v1/workloads?limit=1&q=${encodeURIComponent(`${f.key}:"${f.value}"`)}`)
    if (total !== f.count) faults.push(`${f.key}:${f.value} counts ${f.count}, and lists ${total}`)
  }
  none(faults, 'facets of workloads')
  await page.locator('aside [data-facet=env] [data-value]').first().click()
  await settled(page)
  const [first] = found.filter((f) => f.key === 'env')
  must(new URL(page.url()).search.includes('env'), `what is chosen is not in ${page.url()}`)
  await page.waitForSelector(`aside [data-facet=env] [data-value="${first.value}"][aria-checked=true]`)
}

export const checks = [
  ['T1', 'doors', doors],
  ['T2', 'accounts and hardening', access],
  ['T3', 'what is loaded', loaded],
  ['T4', 'the SBOM as it came', sbom],
  ['T5', 'the chain, now and before', chain],
  ['T6', 'the lens of change', changes],
  ['T7', 'facets of workloads', facets],
  ['G1', 'a picture of hundreds', wide],
  ['V1', 'the look of all of it', looks],
]
