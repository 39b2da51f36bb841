// Looks at every scene of the gallery: three widths, two themes. The gallery
// has to run: npm run gallery. Then: node gallery/shoot.mjs [scene …]
import { mkdir, readFile } from 'node:fs/promises'
import { chromium } from 'playwright-core'

const all = ['overview', 'list', 'exposure', 'kit', 'states', 'login']
const scenes = process.argv.length > 2 ? process.argv.slice(2) : all
const themes = (process.env.THEMES ?? 'light,dark').split(',')
const sizes = [[1440, 900], [1024, 800], [390, 844], [320, 700]].filter(([w]) => (process.env.WIDTHS ?? String(w)).split(',').includes(String(w)))
const axe = await readFile(new URL('../node_modules/axe-core/axe.min.js', import.meta.url), 'utf8')
const out = new URL('./shots/', import.meta.url)
await mkdir(out, { recursive: true })

const browser = await chromium.launch({ executablePath: process.env.CHROMIUM ?? '/usr/bin/chromium', args: ['--no-sandbox'] })
let faults = 0
for (const theme of themes) {
  for (const [width, height] of sizes) {
    const context = await browser.newContext({ viewport: { width, height }, colorScheme: theme, reducedMotion: 'reduce' })
    const page = await context.newPage()
    page.on('console', (m) => ['error', 'warning'].includes(m.type()) && console.log(`console: ${m.text()}`))
    page.on('pageerror', (e) => console.log(`error: ${e.message}`))
    for (const scene of scenes) {
      await page.goto(`http://localhost:5199/?scene=${scene}`)
      await page.waitForSelector('#page-title')
      await page.waitForTimeout(300)
      const wide = await page.evaluate(() => document.documentElement.scrollWidth - innerWidth)
      if (wide > 0) console.log(`${scene} ${theme} ${width}: ${wide} px too wide`)
      if (width !== 320) await page.screenshot({ path: new URL(`${scene}-${theme}-${width}.png`, out).pathname, fullPage: scene !== 'list' })
      if (width === 1440 || width === 390) faults += await check(page, `${scene} ${theme} ${width}`)
    }
    await context.close()
  }
}
await browser.close()
console.log(`${faults} faults`)

async function check(page, where) {
  await page.evaluate(axe)
  const { violations } = await page.evaluate(() => globalThis.axe.run())
  for (const v of violations) console.log(`${where}: ${v.impact} ${v.id}: ${v.nodes.length}× ${v.nodes.slice(0, 3).map((n) => n.target.join(' ')).join(' | ')}`)
  const small = await page.evaluate(() => [...document.querySelectorAll('a, button, input, select, summary')]
    .filter((e) => e.checkVisibility() && !e.classList.contains('sr-only') && !e.closest('p, caption') && e.type !== 'checkbox' && e.type !== 'file')
    .map((e) => [e, e.getBoundingClientRect()]).filter(([, r]) => r.width < 24 || r.height < 24).map(([e, r]) => `${e.tagName} "${e.textContent.slice(0, 20)}" ${r.width.toFixed()}x${r.height.toFixed()}`))
  if (small.length) console.log(`${where}: small targets: ${small.slice(0, 5).join(', ')}`)
  return violations.length
}
