// What the checks share: a browser, people who are signed in, and words for
// waiting and for finding out.
import { mkdir, readFile } from 'node:fs/promises'
import { execFile } from 'node:child_process'
import { join } from 'node:path'
import { promisify } from 'node:util'
import { chromium } from 'playwright-core'

export const axeSource = await readFile(new URL('../node_modules/axe-core/axe.min.js', import.meta.url), 'utf8')

/** Longest wait for anything; a page that needs longer is broken. */
export const patience = 15_000

export class Failed extends Error {}

/** A check that cannot be made on this fixture. */
export class Skipped extends Error {}

export function must(condition, said) {
  if (!condition) throw new Failed(said)
}

export function same(got, want, what) {
  must(got === want, `${what}: ${JSON.stringify(got)}, want ${JSON.stringify(want)}`)
}

/** Throws all that was found at once; one message is more use than the first. */
export function none(faults, what) {
  if (faults.length > 0) throw new Failed(`${what}: ${faults.slice(0, 12).join(' | ')}${faults.length > 12 ? ` | and ${faults.length - 12} more` : ''}`)
}

/** Waits until a function gives something true, and returns it. */
export async function until(what, find, most = patience) {
  const end = Date.now() + most
  let last
  for (;;) {
    try {
      const got = await find()
      if (got) return got
      last = undefined
    } catch (error) {
      last = error
    }
    if (Date.now() > end) throw new Failed(`waited ${most} ms for ${what}${last ? `: ${last.message}` : ''}`)
    await new Promise((done) => setTimeout(done, 25))
  }
}

export function p95(list) {
  const sorted = [...list].sort((a, b) => a - b)
  return sorted[Math.min(sorted.length - 1, Math.ceil(sorted.length * 0.95) - 1)]
}

/** All that one run of a suite has: the server, who is signed in, what was seen. */
export class Stage {
  constructor(config) {
    this.config = config
    this.url = config.url
    this.sessions = new Map()
    this.seen = { foreign: new Set(), console: [], reports: [] }
    this.figures = []
    this.open = []
  }

  async start() {
    this.browser = await chromium.launch({
      executablePath: this.config.chromium, args: ['--no-sandbox', '--disable-dev-shm-usage', '--force-color-profile=srgb', '--font-render-hinting=none'],
    })
    await mkdir(this.config.shots, { recursive: true })
  }

  async stop() {
    await this.browser?.close()
  }

  /** Prints a measured figure beside its limit; a miss by more than factor fails. */
  figure(name, value, limit, unit = 'ms', factor = 2) {
    this.figures.push(`${name} ${round(value)} ${unit} (limit ${limit})`)
    must(value <= limit * factor, `${name} is ${round(value)} ${unit}, more than ${factor} times the limit of ${limit}`)
  }

  /** The cookie of a user's session; one sign-in for each user. */
  async session(name = this.config.admin) {
    const held = this.sessions.get(name)
    if (held) return held
    const answer = await fetch(`${this.url}/api/v1/session`, {
      method: 'POST', headers: { 'content-type': 'application/json', 'x-tidemark-csrf': '1', origin: this.url },
      body: JSON.stringify({ name, password: this.config.users[name] }),
    })
    must(answer.ok, `${name} cannot sign in: ${answer.status} ${await answer.text()}`)
    const cookie = answer.headers.getSetCookie().find((c) => c.includes('session'))
    const [pair] = cookie.split(';')
    const at = pair.indexOf('=')
    const got = { name: pair.slice(0, at), value: pair.slice(at + 1), url: this.url }
    this.sessions.set(name, got)
    return got
  }

  /** Asks the server as a user, past the browser. */
  async ask(method, path, { body, as, headers = {}, token } = {}) {
    const cookie = token || as === '' ? null : await this.session(as)
    const sent = typeof body === 'string' || body === undefined ? body : JSON.stringify(body)
    const answer = await fetch(this.url + path, {
      method, body: sent,
      headers: { 'content-type': 'application/json', 'x-tidemark-csrf': '1', origin: this.url, ...(cookie ? { cookie: `${cookie.name}=${cookie.value}` } : {}), ...(token ? { authorization: `Bearer ${token}` } : {}), ...headers },
    })
    const text = await answer.text()
    let doc = null
    try {
      doc = text === '' ? null : JSON.parse(text)
    } catch {
      doc = text
    }
    return { status: answer.status, headers: answer.headers, doc }
  }

  async get(path, options) {
    const { status, doc } = await this.ask('GET', path, options)
    must(status === 200, `GET ${path}: ${status} ${JSON.stringify(doc)}`)
    return doc
  }

  /** A token for the command line. */
  async token(role = 'operator') {
    this.tokens ??= new Map()
    if (!this.tokens.has(role)) {
      const { status, doc } = await this.ask('POST', '/api/v1/tokens', { body: { name: `e2e-${role}`, role, expires: new Date(Date.now() + 86_400_000).toISOString() } })
      must(status < 300, `a token: ${status} ${JSON.stringify(doc)}`)
      this.tokens.set(role, doc.secret)
    }
    return this.tokens.get(role)
  }

  /** Runs the command line against this server. */
  async tidemark(...args) {
    const env = { ...process.env, TIDEMARK_SERVER: this.url, TIDEMARK_TOKEN: await this.token() }
    const { stdout } = await promisify(execFile)(this.config.bin, args, { env, maxBuffer: 1 << 28 })
    return stdout
  }

  /** A browser of its own: signed in, watched. */
  async context({ as = this.config.admin, theme = 'light', width = 1440, height = 900, watched = true, motion = 'reduce', cookies = [], ...more } = {}) {
    const context = await this.browser.newContext({ viewport: { width, height }, colorScheme: theme, reducedMotion: motion, acceptDownloads: true, ...more })
    this.open.push(context)
    context.setDefaultTimeout(patience)
    if (as) await context.addCookies([await this.session(as), { name: 'tidemark_theme', value: theme, url: this.url }, ...cookies.map((c) => ({ ...c, url: this.url }))])
    await context.addInitScript(watchPage)
    if (watched) this.watch(context)
    return context
  }

  watch(context) {
    const own = new URL(this.url).origin
    context.on('request', (r) => {
      const address = r.url()
      if (!address.startsWith(own + '/') && !address.startsWith('data:') && !address.startsWith('blob:')) this.seen.foreign.add(address)
    })
    context.on('console', (m) => {
      if (m.type() !== 'error' && m.type() !== 'warning') return
      this.seen.console.push(`${new URL(m.page()?.url() ?? this.url).pathname}: ${m.type()} ${m.text()}`)
      if (m.text().includes('Content Security Policy')) this.seen.reports.push(m.text())
    })
    context.on('weberror', (e) => this.seen.console.push(`${e.page()?.url()}: ${e.error().message}`))
  }

  async page(options) {
    const context = await this.context(options)
    return context.newPage()
  }

  /** Opens a page of tidemark and waits until it stands. */
  async visit(page, path, options) {
    const answer = await page.goto(this.url + path, { waitUntil: 'domcontentloaded' })
    await settled(page, options)
    return answer
  }

  /** Goes on within the page, as a link does: without loading it anew. */
  async go(page, href) {
    await page.evaluate((to) => {
      history.pushState({}, '', to)
      dispatchEvent(new PopStateEvent('popstate', { state: {} }))
    }, href)
    const want = new URL(href, this.url).searchParams.get('q') ?? ''
    await page.waitForFunction((q) => (document.querySelector('[data-testid=query-box] input')?.value ?? '') === q, want, { polling: 30 })
    await settled(page)
  }

  /** Closes what a check left open; a picture of it when it failed. */
  async tidy(failed) {
    let n = 0
    for (const context of this.open.splice(0)) {
      for (const page of failed ? context.pages() : []) {
        const file = join(this.config.shots, `${this.config.suite}-${failed.replace(/\W+/g, '-')}-${++n}.png`)
        await page.screenshot({ path: file, timeout: 5000 }).catch(() => undefined)
      }
      await context.close().catch(() => undefined)
    }
  }
}

function round(n) {
  return n >= 100 ? Math.round(n) : Math.round(n * 1000) / 1000
}

/** Runs in each page before anything of it: counts what cannot be seen later. */
function watchPage() {
  globalThis.__seen = { shift: 0, shifts: [], long: [], reports: [], paint: {} }
  const seen = globalThis.__seen
  const observe = (type, each) => {
    try {
      new PerformanceObserver((list) => list.getEntries().forEach(each)).observe({ type, buffered: true })
    } catch {
      // This browser has no such entry.
    }
  }
  observe('layout-shift', (e) => {
    if (e.hadRecentInput) return
    seen.shift += e.value
    seen.shifts.push(`${e.value.toFixed(4)} ${e.sources?.slice(0, 2).map((s) => s.node?.id || s.node?.dataset?.testid || s.node?.className || s.node?.nodeName).join(', ')}`)
  })
  observe('longtask', (e) => seen.long.push({ start: e.startTime, ms: e.duration }))
  observe('largest-contentful-paint', (e) => (seen.paint.largest = e.startTime))
  observe('paint', (e) => (seen.paint[e.name] = e.startTime))
  document.addEventListener('securitypolicyviolation', (e) => seen.reports.push(`${e.violatedDirective} ${e.blockedURI}`))
}

/** Nothing is on its way any more: no skeleton, nothing busy, a title. */
export async function settled(page, { most = patience } = {}) {
  await page.waitForFunction(() => {
    const main = document.querySelector('[data-testid=page], [data-testid=login], main form')
    if (!main) return false
    if (document.querySelector('[data-state=loading], [data-testid=skeleton], main [aria-busy=true]')) return false
    return !document.querySelector('[data-testid=total]')?.textContent.includes('≈')
  }, undefined, { timeout: most, polling: 50 })
}

/** The number of rows that a list says it has. */
export async function total(page) {
  await settled(page)
  const list = page.getByTestId('total').first()
  return Number(await list.getAttribute('data-total'))
}

/** Ids of the rows that are drawn, in their order. */
export function rowKeys(page) {
  return page.$$eval('[data-testid=row][data-key]', (rows) => rows.sort((a, b) => a.dataset.row - b.dataset.row).map((r) => r.dataset.key))
}

/** Heads of the columns, in their order. */
export function heads(page) {
  return page.$$eval('[role=columnheader]', (list) => list.map((h) => h.querySelector('button')?.title || h.title || h.textContent))
}

/** Frames until nothing moves: scrolling, focus after a frame. */
export function frames(page, n = 3) {
  return page.evaluate((count) => new Promise((done) => {
    const next = (left) => (left === 0 ? done() : requestAnimationFrame(() => next(left - 1)))
    next(count)
  }), n)
}
