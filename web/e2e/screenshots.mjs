// Takes the pictures of the README. Started by scripts/screenshots.sh with the
// demo's address and password in URL and PASSWORD.
import { writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { frames, Stage } from './lib.mjs'
import { packed } from './palette.mjs'

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

/** The pixels of a picture, read by the browser. */
async function pixels(png) {
  const page = await stage.browser.newPage()
  const [width, height, text] = await page.evaluate(async (source) => {
    const image = new Image()
    image.src = `data:image/png;base64,${source}`
    await image.decode()
    const canvas = new OffscreenCanvas(image.width, image.height)
    const pen = canvas.getContext('2d')
    pen.drawImage(image, 0, 0)
    const { data } = pen.getImageData(0, 0, image.width, image.height)
    let out = ''
    for (let i = 0; i < data.length; i += 8192) out += String.fromCharCode(...data.subarray(i, i + 8192))
    return [image.width, image.height, btoa(out)]
  }, png.toString('base64'))
  await page.close()
  return { width, height, data: Buffer.from(text, 'base64') }
}

for (const [name, path, theme] of shots) {
  const page = await stage.page({ theme, width: 1280, height: 800 })
  await stage.visit(page, path)
  await frames(page, 4)
  const file = join(out, `${name}.png`)
  const body = packed(await pixels(await page.screenshot()))
  await writeFile(file, body)
  const size = body.length
  console.log(`${file} ${Math.round(size / 1000)} kB`)
  if (size > most) large++
  await page.context().close()
}
await stage.stop()
if (large > 0) {
  console.error(`${large} pictures are larger than ${most / 1000} kB`)
  process.exitCode = 1
}
