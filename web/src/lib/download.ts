/** Hands a text, or bytes, to the browser as a file. */
export function download(name: string, type: string, text: BlobPart): void {
  const address = URL.createObjectURL(new Blob([text], { type }))
  const link = document.createElement('a')
  link.href = address
  link.download = name
  link.click()
  setTimeout(() => URL.revokeObjectURL(address), 10_000)
}

export type Cell = string | number | null

export interface Sheet {
  head: string[]
  rows: Cell[][]
}

/** A spreadsheet runs a cell that begins like this; a quote in front stops it. */
const dangerous = /^[=+\-@\t\r]/

function csvCell(value: Cell): string {
  if (value === null) return ''
  if (typeof value === 'number') return String(value)
  const safe = dangerous.test(value) ? `'${value}` : value
  return /[",\r\n]/.test(safe) ? `"${safe.replaceAll('"', '""')}"` : safe
}

/** RFC 4180, with cells that cannot run as formulas. */
export function csv(sheet: Sheet): string {
  return [sheet.head, ...sheet.rows].map((row) => row.map(csvCell).join(',')).join('\r\n') + '\r\n'
}

export function json(sheet: Sheet): string {
  const items = sheet.rows.map((row) => Object.fromEntries(sheet.head.map((name, i) => [name, row[i] ?? null])))
  return JSON.stringify({ items }, null, 2) + '\n'
}

/** The picture as a file of its own: computed colours, no style sheet needed. */
export function svgText(svg: SVGSVGElement): string {
  const copy = svg.cloneNode(true) as SVGSVGElement
  const from = svg.querySelectorAll<SVGElement>('*')
  copy.querySelectorAll<SVGElement>('*').forEach((node, i) => {
    const source = from[i]
    if (source) bakeStyle(node, getComputedStyle(source))
  })
  copy.setAttribute('xmlns', 'http://www.w3.org/2000/svg')
  copy.removeAttribute('class')
  return new XMLSerializer().serializeToString(copy)
}

const baked = ['fill', 'stroke', 'stroke-width', 'stroke-dasharray', 'font-size', 'font-family', 'text-anchor', 'opacity']

function bakeStyle(node: SVGElement, style: CSSStyleDeclaration): void {
  for (const name of baked) {
    const value = style.getPropertyValue(name)
    if (value) node.setAttribute(name, value)
  }
  node.removeAttribute('class')
}
