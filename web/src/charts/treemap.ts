/** A rectangle, in parts of a hundred of its box. */
export interface Area {
  x: number
  y: number
  width: number
  height: number
}

/**
 * Squarified areas: as large as the values, as square as can be. The largest
 * stand first; nothing with a value is too small to be pressed by more than the
 * picture can help.
 */
export function treemap(values: number[], width: number, height: number): Area[] {
  const total = values.reduce((n, v) => n + Math.max(0, v), 0)
  const out: Area[] = values.map(() => ({ x: 0, y: 0, width: 0, height: 0 }))
  if (total <= 0 || width <= 0 || height <= 0) return out
  const scale = (width * height) / total
  const order = values.map((v, i) => ({ i, area: Math.max(0, v) * scale })).filter((v) => v.area > 0).sort((a, b) => b.area - a.area || a.i - b.i)
  let [x, y, w, h] = [0, 0, width, height]
  let row: typeof order = []
  const worst = (list: typeof order, side: number) => {
    const sum = list.reduce((n, v) => n + v.area, 0)
    return Math.max(...list.map((v) => Math.max((side * side * v.area) / (sum * sum), (sum * sum) / (side * side * v.area))))
  }
  const put = () => {
    const sum = row.reduce((n, v) => n + v.area, 0)
    const across = w >= h
    const thick = sum / (across ? h : w)
    let at = across ? y : x
    for (const v of row) {
      const long = v.area / thick
      out[v.i] = across ? { x, y: at, width: thick, height: long } : { x: at, y, width: long, height: thick }
      at += long
    }
    if (across) [x, w] = [x + thick, w - thick]
    else [y, h] = [y + thick, h - thick]
    row = []
  }
  for (const v of order) {
    const side = Math.min(w, h)
    if (row.length > 0 && worst([...row, v], side) > worst(row, side)) put()
    row.push(v)
  }
  put()
  return out
}
