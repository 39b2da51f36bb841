// Runs one suite of checks in a real browser. Started by "go test ./e2e":
//   node web/e2e/run.mjs CONFIG.json [check …]
// Prints a JSON line for each check: {id, name, status, detail, ms, figures}.
import { readFile } from 'node:fs/promises'
import { Failed, Skipped, Stage } from './lib.mjs'

const [file, ...wanted] = process.argv.slice(2)
const config = JSON.parse(await readFile(file, 'utf8'))
const { checks } = await import(`./suites/${config.suite}.mjs`)
const stage = new Stage(config)

function say(line) {
  process.stdout.write(`${JSON.stringify(line)}\n`)
}

/** Longest time of one check; after that its browser is closed under it. */
const most = config.most ?? 120_000

async function limited(run) {
  let timer
  const over = new Promise((_, fail) => {
    timer = setTimeout(() => fail(new Failed(`not done after ${most} ms`)), most)
  })
  try {
    return await Promise.race([run(), over])
  } finally {
    clearTimeout(timer)
  }
}

/** Makes one check once. */
async function made(id, name, run) {
  const begun = Date.now()
  const line = { id, name, status: 'passed', detail: '' }
  stage.figures = []
  try {
    line.detail = (await limited(() => run(stage))) ?? ''
  } catch (error) {
    line.status = error instanceof Skipped ? 'skipped' : 'failed'
    line.detail = error instanceof Failed || error instanceof Skipped ? error.message : `${error.stack ?? error}`
  }
  await stage.tidy(line.status === 'failed' ? id : '')
  return { ...line, ms: Date.now() - begun, figures: stage.figures }
}

await stage.start()
for (const [id, name, run] of checks) {
  if (wanted.length > 0 && !wanted.includes(id)) continue
  let line = await made(id, name, run)
  if (line.status === 'failed') {
    // Once more: a browser on a busy machine is late now and then. What failed
    // first stays in the line.
    const first = line.detail
    line = await made(id, name, run)
    line.detail = `${line.detail} (at the second try; first: ${first})`
  }
  say(line)
}
await stage.stop()
