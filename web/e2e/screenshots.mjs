// Takes the pictures of the README. Started by scripts/screenshots.sh with the
// demo's address and password in URL and PASSWORD.
import { stat } from 'node:fs/promises'
import { join } from 'node:path'
import { frames, Stage } from './lib.mjs'

const [out] = process.argv.slice(2)
const stage = new Stage({ url: process.env.URL, admin: 'demo', users: { demo: process.env.PASSWORD }, chromium: process.env.CHROMIUM ?? '/usr/bin/chromium', shots: out, suite: 'shots' })
const most = 150_000

await stage.start()
const { items } = await stage.get('/api/v1/exposures?limit=1&q=decision:act%20kev:yes')
const shots = [
  ['overview-light', '/overview', 'light'],
  ['overview-dark', '/overview', 'dark'],
  ['exposures', '/exposures', 'light'],
  ['exposure', `/exposures/${items[0].id}`, 'light'],
  ['affected', `/affected/${items[0].weakness}`, 'light'],
  ['actions', '/actions', 'light'],
]
let large = 0
for (const [name, path, theme] of shots) {
  const page = await stage.page({ theme, width: 1280, height: 800 })
  await stage.visit(page, path)
  await frames(page, 4)
  const file = join(out, `${name}.png`)
  await page.screenshot({ path: file })
  const { size } = await stat(file)
  console.log(`${file} ${Math.round(size / 1000)} kB`)
  if (size > most) large++
  await page.context().close()
}
await stage.stop()
if (large > 0) {
  console.error(`${large} pictures are larger than ${most / 1000} kB`)
  process.exitCode = 1
}
