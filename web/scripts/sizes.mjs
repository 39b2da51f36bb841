// Prints what a first visit of each page loads and the largest lazy chunks,
// gzipped, against the budgets: 160 kB of script, 20 kB of style, 180 kB in
// all, 40 kB per lazy chunk.
import { readdir, readFile, stat } from 'node:fs/promises'

const folder = 'dist/assets'
const kB = (n) => (n / 1000).toFixed(1).padStart(7) + ' kB gz'
const packed = async (path) => (await stat(`${path}.gz`).catch(() => stat(path))).size

const html = await readFile('dist/index.html', 'utf8')
const first = new Set([...html.matchAll(/assets\/([\w.-]+\.(?:js|css))/g)].map((m) => m[1]))
const sizes = new Map()
const needs = new Map()
for (const name of await readdir(folder)) {
  if (!/\.(js|css)$/.test(name)) continue
  sizes.set(name, await packed(`${folder}/${name}`))
  if (!name.endsWith('.js')) continue
  const text = await readFile(`${folder}/${name}`, 'utf8')
  needs.set(name, [...text.matchAll(/(?:from|import)\s*["']\.\/([\w.-]+\.js)["']/g)].map((m) => m[1]))
}

/** The chunk and all that it cannot do without. */
function whole(name, found = new Set()) {
  if (found.has(name)) return found
  found.add(name)
  for (const next of needs.get(name) ?? []) whole(next, found)
  return found
}

const sum = (names, kind) => [...names].filter((n) => n.endsWith(kind)).reduce((n, name) => n + (sizes.get(name) ?? 0), 0)
const frame = new Set([...first].flatMap((name) => [name, ...whole(name)]))
const page = await packed('dist/index.html')
const style = sum(frame, '.css')

const pages = (await readdir('src/pages')).map((file) => file.replace('.tsx', ''))
const loads = pages.flatMap((name) => {
  const chunk = [...needs.keys()].find((n) => new RegExp(`^${name}-[0-9a-f]{8}\\.js$`).test(n))
  if (!chunk) return []
  const script = sum(new Set([...frame, ...whole(chunk)]), '.js')
  return [{ name, script, all: script + style + page }]
}).sort((a, b) => b.all - a.all)

console.log(`the frame, script ${kB(sum(frame, '.js'))}`)
console.log(`style             ${kB(style)}  (at most 20)`)
for (const { name, script, all } of loads) console.log(`first load ${kB(all)}, script ${kB(script)}  ${name}`)
const lazy = [...sizes].filter(([name]) => !frame.has(name)).sort((a, b) => b[1] - a[1])
for (const [name, size] of lazy.slice(0, 12)) console.log(`lazy ${kB(size)}  ${name}`)

const worst = loads[0]
const tooBig = !worst || worst.all > 180e3 || worst.script > 160e3 || style > 20e3 || lazy.some(([, size]) => size > 40e3)
if (tooBig) {
  console.error('over budget')
  process.exitCode = 1
}
