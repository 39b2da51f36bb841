import { describe, expect, it } from 'vitest'
import { treemap } from './treemap'

describe('treemap', () => {
  it('gives each value its area, within the box, and the same each time', () => {
    const values = [6, 6, 4, 3, 2, 2, 1, 0]
    const areas = treemap(values, 600, 400)
    areas.forEach((a, i) => expect(a.width * a.height).toBeCloseTo(((values[i] ?? 0) / 24) * 240_000, 3))
    for (const a of areas) expect([a.x >= 0, a.y >= 0, a.x + a.width <= 600.001, a.y + a.height <= 400.001]).toEqual([true, true, true, true])
    expect(treemap(values, 600, 400)).toEqual(areas)
  })
  it('is empty when there is nothing', () => expect([treemap([], 10, 10), treemap([0, 0], 10, 10).every((a) => a.width === 0)]).toEqual([[], true]))
})
