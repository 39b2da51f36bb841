/** A straight scale from values to pixels. */
export function linear(from: [number, number], to: [number, number]): (v: number) => number {
  const span = from[1] - from[0] || 1
  return (v) => to[0] + ((v - from[0]) / span) * (to[1] - to[0])
}

/** Round steps from zero to at least the largest value: 0, 50, 100, 150. */
export function ticks(largest: number, wanted = 3): number[] {
  if (largest <= 0) return [0, 1]
  const rough = largest / wanted
  const power = 10 ** Math.floor(Math.log10(rough))
  const step = [1, 2, 5, 10].map((m) => m * power).find((s) => s >= rough) ?? 10 * power
  const whole = Math.max(step, 1)
  const out = [0]
  while ((out.at(-1) ?? 0) < largest) out.push((out.at(-1) ?? 0) + whole)
  return out
}
