// Names from outside that mean harm: they are shown as they are, and do nothing.
import { must, none } from '../lib.mjs'
import { allPages } from '../pages.mjs'

async function inert(stage) {
  const faults = []
  const { items } = await stage.get('/api/v1/exposures?limit=200')
  must(items.length >= 5, `only ${items.length} exposures of hostile parts`)
  const weaknesses = [...new Map(items.map((e) => [e.weakness, e.id])).values()]
  const pages = [...(await allPages(stage)).map((p) => p.path), ...weaknesses.slice(0, 9).map((id) => `/exposures/${id}`), `/exposures/${items[0].id}?tab=evidence`, '/exposures?group=service', '/exposures?q=%3Cscript%3Ealert(1)%3C/script%3E', '/affected/%3Cimg%20src=x%20onerror=alert(1)%3E']
  for (const width of [1440, 390]) {
    const page = await stage.page({ width, watched: width === 1440 })
    page.on('dialog', (d) => faults.push(`a dialog: ${d.message()}`) && d.dismiss())
    for (const path of width === 390 ? pages.slice(0, 4).concat(pages.slice(-10)) : pages) {
      await stage.visit(page, path)
      const found = await page.evaluate(() => ({
        harm: globalThis.__harm, made: document.querySelectorAll('img[src="x"], svg[onload], main script').length,
        links: [...document.querySelectorAll('a[href^="javascript:"]')].length, wide: document.documentElement.scrollWidth - innerWidth,
        reports: globalThis.__seen.reports, high: document.documentElement.scrollHeight,
      }))
      if (found.harm !== undefined || found.made > 0) faults.push(`${path}: markup came to life`)
      if (found.links > 0) faults.push(`${path}: a javascript: link`)
      if (found.wide > 0) faults.push(`${path} at ${width} px: ${found.wide} px too wide`)
      if (found.high > 12_000) faults.push(`${path} at ${width} px: ${found.high} px high`)
      for (const r of found.reports) faults.push(`${path}: ${r}`)
    }
  }
  none(faults, 'hostile names')
}

async function quiet(stage) {
  none([...new Set(stage.seen.console)].filter((m) => !/status of 4\d\d/.test(m)), 'the console is not clean')
  none([...stage.seen.foreign], 'asked another origin')
}

export const checks = [
  ['O3', 'inert', inert],
  ['O3', 'quiet', quiet],
]
