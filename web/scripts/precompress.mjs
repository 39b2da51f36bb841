import { readdir, readFile, writeFile } from 'node:fs/promises'
import path from 'node:path'
import { brotliCompressSync, constants, gzipSync } from 'node:zlib'

const worth = /\.(js|css|svg|json|txt)$/
const smallest = 512

async function* filesUnder(folder) {
  for (const entry of await readdir(folder, { withFileTypes: true })) {
    const file = path.join(folder, entry.name)
    if (entry.isDirectory()) yield* filesUnder(file)
    else yield file
  }
}

function brotli(bytes) {
  return brotliCompressSync(bytes, {
    params: { [constants.BROTLI_PARAM_QUALITY]: 11, [constants.BROTLI_PARAM_SIZE_HINT]: bytes.length },
  })
}

/**
 * Writes a .gz and a .br beside each text asset, so that the server only
 * copies bytes. index.html is left out: the server writes the theme into it.
 */
export function precompress() {
  let out = 'dist'
  return {
    name: 'tidemark-precompress',
    apply: 'build',
    configResolved(config) {
      out = path.resolve(config.root, config.build.outDir)
    },
    async closeBundle() {
      for await (const file of filesUnder(out)) {
        if (!worth.test(file)) continue
        const bytes = await readFile(file)
        if (bytes.length < smallest) continue
        await writeFile(`${file}.gz`, gzipSync(bytes, { level: 9 }))
        await writeFile(`${file}.br`, brotli(bytes))
      }
      // The build empties the folder; this file keeps it in the repository.
      await writeFile(path.join(out, '.keep'), '')
    },
  }
}
