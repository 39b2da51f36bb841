// Look, access and safety of every page: V1 to V8, O1, O2, O4, N4, U5, P1, P3, P10.
import { axeSource, frames, must, none, same, until } from '../lib.mjs'
import { get } from 'node:http'
import { allPages } from '../pages.mjs'

/**
 * Goes once through every page, wide, and keeps what the checks ask of it: most
 * of the time is the loading.
 */
async function tour(stage) {
  stage.tour ??= walk(stage)
  return stage.tour
}

async function walk(stage) {
  const page = await stage.page({ theme: 'light' })
  const out = []
  for (const { name, path } of await allPages(stage)) {
    const loaded = new Set()
    const note = (r) => ['document', 'script', 'stylesheet', 'font', 'image'].includes(r.resourceType()) && loaded.add(`${r.resourceType()} ${r.url()}`)
    page.on('request', note)
    const answer = await stage.visit(page, path)
    page.off('request', note)
    await frames(page, 6)
    const seen = await page.evaluate(() => ({ ...globalThis.__seen, loaded: performance.getEntriesByType('navigation')[0]?.loadEventEnd ?? 0 }))
    out.push({
      name, path, seen, loaded, search: new URL(page.url()).search, title: await page.title(), csp: answer.headers()['content-security-policy'] ?? '',
      h1: await page.locator('h1').count(), asOf: await page.getByTestId('as-of').count(),
      freshness: await page.getByTestId('freshness').first().getAttribute('data-state', { timeout: 1000 }).catch(() => null),
      moving: await page.evaluate(moving), small: await page.evaluate(smallTargets), axe: await serious(page),
    })
  }
  return out
}

/** What axe finds, without what it calls moderate or minor. */
async function serious(page) {
  await page.evaluate(axeSource)
  const { violations } = await page.evaluate(() => globalThis.axe.run(document, { resultTypes: ['violations'] }))
  return violations.filter((v) => v.impact === 'serious' || v.impact === 'critical').map((v) => `${v.id} ${v.nodes.slice(0, 2).map((n) => n.target.join(' ')).join(', ')}`)
}

async function accessible(stage) {
  none((await tour(stage)).flatMap(({ name, axe }) => axe.map((v) => `${name}: ${v}`)), 'serious or critical, light')
}

async function accessibleDark(stage) {
  const page = await stage.page({ theme: 'dark' })
  const faults = []
  for (const { name, path } of await allPages(stage)) {
    await stage.visit(page, path)
    for (const v of await serious(page)) faults.push(`${name}: ${v}`)
  }
  none(faults, 'serious or critical, dark')
}

function moving() {
  return [...document.querySelectorAll('*')].flatMap((e) => {
    const s = getComputedStyle(e)
    const parts = `${s.transitionDuration},${s.animationDuration}`.split(',').map((t) => (t.trim().endsWith('ms') ? parseFloat(t) : parseFloat(t) * 1000))
    return Math.max(...parts.filter((n) => !Number.isNaN(n)), 0) > 0.02 ? [`${e.tagName.toLowerCase()}.${String(e.className.baseVal ?? e.className).split(' ')[0]} ${s.transitionDuration} ${s.animationDuration}`] : []
  })
}

/** WCAG 2.5.8: links within a sentence are excepted. */
function smallTargets() {
  return [...document.querySelectorAll('a[href], button, input, select, summary, [role=checkbox], [role=tab]')].flatMap((e) => {
    if (!e.checkVisibility({ visibilityProperty: true, opacityProperty: true }) || e.closest('.sr-only') || e.disabled) return []
    const text = e.closest('p, dd, dt, li, td, label, h1, h2, span')
    const inline = e.tagName === 'A' && text && text.textContent.trim().length > e.textContent.trim().length + 2
    if (inline || (e.tagName === 'INPUT' && /checkbox|radio|file|range/.test(e.type))) return []
    const r = (e.closest('label') ?? e).getBoundingClientRect()
    return r.width > 1 && (r.width < 23.5 || r.height < 23.5) ? [`${e.tagName} "${(e.getAttribute('aria-label') ?? e.textContent).trim().slice(0, 24)}" ${r.width.toFixed()}×${r.height.toFixed()}`] : []
  })
}

/** The frames that the browser painted from one page to the next have to be dark. */
async function noWhite(stage) {
  const page = await stage.page({ theme: 'dark' })
  await stage.visit(page, '/overview')
  const reader = await stage.browser.newPage()
  const cdp = await page.context().newCDPSession(page)
  const shots = []
  cdp.on('Page.screencastFrame', ({ data, sessionId }) => {
    shots.push(data)
    cdp.send('Page.screencastFrameAck', { sessionId }).catch(() => undefined)
  })
  await cdp.send('Page.startScreencast', { format: 'jpeg', quality: 40, everyNthFrame: 1, maxWidth: 360, maxHeight: 225 })
  for (const path of ['/exposures', '/actions', '/overview']) await stage.visit(page, path)
  await cdp.send('Page.stopScreencast')
  must(shots.length > 2, `only ${shots.length} frames were seen`)
  const light = await reader.evaluate(async (list) => {
    const canvas = document.createElement('canvas')
    const pen = canvas.getContext('2d', { willReadFrequently: true })
    let most = 0
    for (const data of list) {
      const image = new Image()
      image.src = `data:image/jpeg;base64,${data}`
      await image.decode()
      canvas.width = image.width
      canvas.height = image.height
      pen.drawImage(image, 0, 0)
      const { data: bytes } = pen.getImageData(0, 0, image.width, image.height)
      let sum = 0
      for (let i = 0; i < bytes.length; i += 4) sum += bytes[i] + bytes[i + 1] + bytes[i + 2]
      most = Math.max(most, sum / (bytes.length / 4) / 3)
    }
    return most
  }, shots)
  await reader.close()
  must(light < 90, `a frame of the dark theme has a mean brightness of ${light.toFixed(0)} of 255`)
  const html = await (await fetch(`${stage.url}/overview`, { headers: { cookie: 'tidemark_theme=dark', accept: 'text/html' } })).text()
  must(html.includes('data-theme="dark"'), 'the server does not put the theme into the page')
  return `${shots.length} frames, the lightest ${light.toFixed(0)} of 255`
}

async function noMotion(stage) {
  none((await tour(stage)).filter((p) => p.moving.length > 0).map((p) => `${p.name}: ${p.moving[0]} and ${p.moving.length - 1} more`), 'moves although it should not')
}

const marks = ['act', 'schedule', 'watch', 'low', 'none']
const words = ['ink', 'dim', 'faint', 'link']
const grounds = ['surface', 'canvas']

async function contrast(stage) {
  const faults = []
  let least = 99
  for (const theme of ['light', 'dark']) {
    const page = await stage.page({ theme })
    await stage.visit(page, '/overview')
    const colours = await page.evaluate((names) => {
      const probe = document.body.appendChild(document.createElement('i'))
      const canvas = document.createElement('canvas')
      canvas.width = canvas.height = 1
      const pen = canvas.getContext('2d', { willReadFrequently: true })
      const out = {}
      for (const name of names) {
        probe.style.color = `var(--${name})`
        pen.fillStyle = getComputedStyle(probe).color
        pen.fillRect(0, 0, 1, 1)
        out[name] = [...pen.getImageData(0, 0, 1, 1).data].slice(0, 3)
      }
      probe.remove()
      return out
    }, [...marks, ...words, ...grounds])
    for (const ground of grounds) {
      for (const name of [...marks, ...words]) {
        const ratio = ratioOf(colours[name], colours[ground])
        const want = marks.includes(name) ? 3 : 4.5
        least = Math.min(least, ratio)
        if (ratio < want) faults.push(`${theme}: ${name} on ${ground} ${ratio.toFixed(2)}:1, want ${want}`)
      }
    }
  }
  none(faults, 'too little contrast')
  return `the least is ${least.toFixed(2)}:1`
}

function ratioOf(a, b) {
  const light = (c) => {
    const [r, g, bl] = c.map((v) => (v / 255 <= 0.04045 ? v / 255 / 12.92 : ((v / 255 + 0.055) / 1.055) ** 2.4))
    return 0.2126 * r + 0.7152 * g + 0.0722 * bl
  }
  const [high, low] = [light(a), light(b)].sort((x, y) => y - x)
  return (high + 0.05) / (low + 0.05)
}

/** 320 px wide, and 1440 at 200 %: nothing but tables and pictures scrolls sideways, and every control can be reached. */
async function reflow(stage) {
  const faults = []
  for (const [what, size] of [['320 px', { width: 320, height: 640 }], ['200 %', { width: 720, height: 450, deviceScaleFactor: 2 }]]) {
    const page = await stage.page(size)
    for (const { name, path } of await allPages(stage)) {
      await stage.visit(page, path)
      const found = await page.evaluate(() => {
        const out = []
        const wide = document.documentElement.scrollWidth - innerWidth
        if (wide > 0) out.push(`${wide} px too wide`)
        const scrolls = (e) => {
          for (let up = e.parentElement; up; up = up.parentElement) {
            const s = getComputedStyle(up)
            if (/auto|scroll/.test(s.overflowX) && up.scrollWidth > up.clientWidth) return true
          }
          return false
        }
        for (const e of document.querySelectorAll('main button, main a[href], main input, main select')) {
          if (!e.checkVisibility({ visibilityProperty: true }) || e.closest('.sr-only')) continue
          const r = e.getBoundingClientRect()
          if (r.width > 0 && (r.right > innerWidth + 1 || r.left < -1) && !scrolls(e)) out.push(`out of reach: ${e.tagName} "${(e.getAttribute('aria-label') ?? e.textContent).slice(0, 30)}"`)
        }
        return out.slice(0, 3)
      })
      for (const f of found) faults.push(`${name} at ${what}: ${f}`)
    }
  }
  none(faults, 'does not fit')
}

async function focus(stage) {
  const page = await stage.page()
  await stage.visit(page, '/overview')
  await page.keyboard.press('Tab')
  same(await page.evaluate(() => document.activeElement.textContent), 'Skip to the page', 'the first stop of Tab')
  must(await page.evaluate(() => document.activeElement.getBoundingClientRect().width > 40), 'the skip link does not show')
  await page.keyboard.press('Enter')
  await until('the skip link to work', () => page.evaluate(() => document.activeElement.id === 'page-title'))
  const faults = []
  for (const path of ['/overview', '/exposures', '/actions']) {
    await stage.visit(page, path)
    for (let i = 0; i < 25; i++) {
      await page.keyboard.press('Tab')
      const dull = await page.evaluate(() => {
        const e = document.activeElement
        if (!e || e === document.body) return ''
        const s = getComputedStyle(e)
        const ring = s.outlineStyle !== 'none' && parseFloat(s.outlineWidth) >= 1.5
        return ring || s.boxShadow !== 'none' ? '' : `${e.tagName} "${(e.getAttribute('aria-label') ?? e.textContent).slice(0, 30)}"`
      })
      if (dull) faults.push(`${path}: ${dull}`)
    }
  }
  none(faults, 'focus is not to be seen')
  await trapped(stage, page)
}

async function trapped(stage, page) {
  await stage.visit(page, '/exposures')
  const opener = page.getByTestId('freshness')
  await opener.focus()
  await page.keyboard.press('?')
  await page.getByTestId('key-help').waitFor()
  for (let i = 0; i < 12; i++) {
    await page.keyboard.press('Tab')
    const inside = await page.evaluate(() => document.activeElement === document.body || document.activeElement.closest('dialog') !== null)
    must(inside, `after ${i + 1} Tabs the focus has left the dialog`)
  }
  await page.keyboard.press('Escape')
  await page.getByTestId('key-help').waitFor({ state: 'detached' })
  same(await page.evaluate(() => document.activeElement?.dataset?.testid), 'freshness', 'who has the focus after the dialog')
}

async function targets(stage) {
  const faults = (await tour(stage)).filter((p) => p.small.length > 0).map((p) => `${p.name}: ${[...new Set(p.small)].slice(0, 4).join(', ')}`)
  const phone = await stage.page({ width: 390, height: 844 })
  for (const { name, path } of (await allPages(stage)).filter((p) => ['Overview', 'Exposures', 'Exposure', 'Actions', 'Twin'].includes(p.name))) {
    await stage.visit(phone, path)
    const small = await phone.evaluate(smallTargets)
    if (small.length > 0) faults.push(`${name} at 390 px: ${[...new Set(small)].slice(0, 4).join(', ')}`)
  }
  none(faults, 'smaller than 24 px')
}

async function titles(stage) {
  const seen = new Map()
  const faults = []
  for (const { name, title, h1 } of await tour(stage)) {
    if (!/^(.+ · )?.+ · tidemark$/.test(title)) faults.push(`${name}: "${title}"`)
    if (seen.has(title)) faults.push(`${name} and ${seen.get(title)} are both "${title}"`)
    seen.set(title, name)
    if (h1 !== 1) faults.push(`${name}: ${h1} h1`)
  }
  none(faults, 'titles')
}

async function asOf(stage) {
  const faults = []
  for (const p of await tour(stage)) {
    if (!p.freshness || p.freshness === 'unknown') faults.push(`${p.name}: freshness is ${p.freshness}`)
    if (p.asOf === 0) faults.push(`${p.name}: no moment at its foot`)
  }
  none(faults, 'no as-of or no freshness')
}

async function clean(stage) {
  none((await tour(stage)).filter((p) => p.search !== new URL(p.path, stage.url).search).map((p) => `${p.name}: ${p.search}`), 'the default view has a query string')
}

/** What a first visit of each page loads, as it comes over the wire. */
async function weight(stage) {
  const faults = []
  const worst = { all: 0, js: 0, css: 0, br: 0, where: '' }
  // Each in a browser of its own: what the page before has loaded counts too.
  for (const { name, path } of (await tour(stage)).filter((p) => ['Overview', 'Exposures', 'Exposure', 'Actions', 'Connect'].includes(p.name))) {
    const page = await stage.page()
    const loaded = new Set()
    page.on('request', (r) => ['document', 'script', 'stylesheet', 'font', 'image'].includes(r.resourceType()) && loaded.add(`${r.resourceType()} ${r.url()}`))
    await stage.visit(page, path)
    const size = { all: 0, js: 0, css: 0, br: 0 }
    for (const entry of loaded) {
      const [kind, address] = entry.split(' ')
      const { gz, br } = await sizes(address)
      if (kind === 'font') faults.push(`${name}: font ${address}`)
      if (kind === 'image' && gz > 5000) faults.push(`${name}: image ${address} ${gz}`)
      size.all += gz
      size.br += br
      if (kind === 'script') size.js += gz
      if (kind === 'stylesheet') size.css += gz
    }
    await page.context().close()
    if (size.all > worst.all) Object.assign(worst, size, { where: name })
  }
  none(faults, 'fonts or large images')
  const kB = (n) => n / 1000
  stage.figure(`largest first load (${worst.where})`, kB(worst.all), 180, 'kB gz', 1)
  stage.figure('of it script', kB(worst.js), 160, 'kB gz', 1)
  stage.figure('of it style', kB(worst.css), 20, 'kB gz', 1)
  stage.figure('the same in brotli', kB(worst.br), 180, 'kB', 1)
}

const known = new Map()

/** Bytes on the wire; what is not packed beforehand is counted as it is sent. */
async function sizes(address) {
  if (known.has(address)) return known.get(address)
  const raw = async (encoding) => {
    return new Promise((done, fail) => {
      get(address, { headers: { 'accept-encoding': encoding, accept: 'text/html,*/*' } }, (res) => {
        const parts = []
        res.on('data', (b) => parts.push(b))
        res.on('end', () => done({ body: Buffer.concat(parts), packed: res.headers['content-encoding'] }))
      }).on('error', fail)
    })
  }
  const one = await raw('gzip')
  const two = await raw('br')
  const got = { gz: one.body.length, br: two.body.length }
  known.set(address, got)
  return got
}

/** First paint with an empty cache. */
async function paint(stage) {
  const first = []
  const largest = []
  for (let i = 0; i < 3; i++) {
    const page = await stage.page()
    await stage.visit(page, '/overview')
    await frames(page)
    const seen = await page.evaluate(() => globalThis.__seen.paint)
    first.push(seen['first-contentful-paint'])
    largest.push(seen.largest)
  }
  const middle = (list) => [...list].sort((a, b) => a - b)[1]
  stage.figure('first contentful paint', middle(first), 800)
  stage.figure('largest contentful paint', middle(largest), 1200)
}

/** Nothing jumps, nothing blocks. */
async function calm(stage) {
  const jumps = []
  let shift = 0
  let long = 0
  for (const { name, seen } of await tour(stage)) {
    shift = Math.max(shift, seen.shift)
    if (seen.shift > 0.02) jumps.push(`${name} ${seen.shift.toFixed(3)} (${seen.shifts.slice(0, 2).join('; ')})`)
    for (const task of seen.long) if (task.start > seen.loaded && task.ms > long) long = task.ms
  }
  none(jumps, 'layout shifts above 0.02')
  stage.figure('largest layout shift', shift, 0.02, '', 1)
  stage.figure('longest task after load', long, 200)
}

/** The policy of every page, and what the whole run has been told of it. */
async function policy(stage) {
  const faults = (await tour(stage)).flatMap(({ name, csp, seen }) => [
    ...(csp === '' || /unsafe-/.test(csp) || !csp.includes("default-src 'self'") ? [`${name}: the policy is "${csp}"`] : []),
    ...seen.reports.map((r) => `${name}: ${r}`),
  ])
  none([...faults, ...stage.seen.reports], 'content policy')
}

async function ownOrigin(stage) {
  none([...stage.seen.foreign], 'asked another origin')
}

async function quiet(stage) {
  none([...new Set(stage.seen.console)], 'the console is not clean')
}

export const checks = [
  ['V1', 'axe, light', accessible],
  ['V1', 'axe, dark', accessibleDark],
  ['V2', 'no white frame in the dark theme', noWhite],
  ['V3', 'no motion when none is wanted', noMotion],
  ['V4', 'contrast of the colours', contrast],
  ['V5', '320 px and 200 %', reflow],
  ['V6', 'focus, dialogs, skip link', focus],
  ['V7', 'targets of 24 px', targets],
  ['V8', 'titles', titles],
  ['N4', 'as-of and freshness on every page', asOf],
  ['U5', 'clean addresses', clean],
  ['P1', 'weight of the first load', weight],
  ['P3', 'first paint', paint],
  ['P10', 'no long task, nothing jumps', calm],
  ['O2', 'content policy', policy],
  ['O1', 'own origin only', ownOrigin],
  ['O4', 'clean console', quiet],
]

