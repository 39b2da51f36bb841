// PNG with a palette of 256 colours: a picture of an interface is a third of
// the size, and looks the same.
import { deflateSync } from 'node:zlib'

/** Pixels as RGBA, to the bytes of a PNG. */
export function packed({ width, height, data }) {
  const { palette, places } = paletteOf(data)
  const lines = Buffer.alloc((width + 1) * height)
  for (let y = 0; y < height; y++) {
    for (let x = 0; x < width; x++) {
      const at = (y * width + x) * 4
      lines[y * (width + 1) + 1 + x] = places.get((data[at] << 16) | (data[at + 1] << 8) | data[at + 2])
    }
  }
  const head = Buffer.alloc(13)
  head.writeUInt32BE(width, 0)
  head.writeUInt32BE(height, 4)
  head.set([8, 3, 0, 0, 0], 8)
  return Buffer.concat([
    Buffer.from([0x89, 0x50, 0x4e, 0x47, 0x0d, 0x0a, 0x1a, 0x0a]),
    chunk('IHDR', head), chunk('PLTE', Buffer.from(palette.flatMap((c) => [c >> 16, (c >> 8) & 255, c & 255]))),
    chunk('IDAT', deflateSync(lines, { level: 9 })), chunk('IEND', Buffer.alloc(0)),
  ])
}

/** The most frequent colours, and for each colour the nearest of them. */
function paletteOf(data) {
  const times = new Map()
  for (let i = 0; i < data.length; i += 4) {
    const c = (data[i] << 16) | (data[i + 1] << 8) | data[i + 2]
    times.set(c, (times.get(c) ?? 0) + 1)
  }
  const palette = [...times].sort((a, b) => b[1] - a[1]).slice(0, 256).map(([c]) => c)
  const far = (a, b) => ((a >> 16) - (b >> 16)) ** 2 + (((a >> 8) & 255) - ((b >> 8) & 255)) ** 2 + ((a & 255) - (b & 255)) ** 2
  const places = new Map()
  for (const c of times.keys()) {
    let best = 0
    for (let i = 1; i < palette.length; i++) if (far(c, palette[i]) < far(c, palette[best])) best = i
    places.set(c, best)
  }
  return { palette, places }
}

function chunk(kind, body) {
  const out = Buffer.alloc(body.length + 12)
  out.writeUInt32BE(body.length, 0)
  out.write(kind, 4, 'latin1')
  body.copy(out, 8)
  out.writeUInt32BE(crc(out.subarray(4, body.length + 8)), body.length + 8)
  return out
}

function crc(bytes) {
  let c = 0xffffffff
  for (const b of bytes) {
    c ^= b
    for (let k = 0; k < 8; k++) c = c & 1 ? (c >>> 1) ^ 0xedb88320 : c >>> 1
  }
  return (c ^ 0xffffffff) >>> 0
}
