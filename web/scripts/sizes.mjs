// Prints what a first visit loads and each lazy chunk, gzipped, against the
// budgets: 160 kB of script, 20 kB of style, 40 kB per lazy chunk.
import { readdir, readFile, stat } from 'node:fs/promises'

const kB = (n) => (n / 1000).toFixed(1).padStart(7) + ' kB gz'
const html = await readFile('dist/index.html', 'utf8')
const first = new Set([...html.matchAll(/assets\/([\w.-]+\.(?:js|css))/g)].map((m) => m[1]))
const totals = { js: 0, css: 0 }
const lazy = []

for (const name of await readdir('dist/assets')) {
  const kind = name.match(/\.(js|css)$/)?.[1]
  if (!kind) continue
  const packed = await stat(`dist/assets/${name}.gz`).catch(() => stat(`dist/assets/${name}`))
  if (first.has(name)) totals[kind] += packed.size
  else lazy.push([name, packed.size])
}

console.log(`first load, script ${kB(totals.js)}  (at most 160)`)
console.log(`first load, style  ${kB(totals.css)}  (at most 20)`)
for (const [name, size] of lazy.sort((a, b) => b[1] - a[1])) console.log(`lazy ${kB(size)}  ${name}`)
const tooBig = totals.js > 160e3 || totals.css > 20e3 || lazy.some(([, size]) => size > 40e3)
if (tooBig) {
  console.error('over budget')
  process.exitCode = 1
}
