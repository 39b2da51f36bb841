import { readFileSync } from 'node:fs'
import { describe, expect, it } from 'vitest'

const css = readFileSync('src/app/tokens.css', 'utf8')

function colours(theme: 0 | 1): Record<string, string> {
  const out: Record<string, string> = {}
  for (const [, name = '', light = '', dark = ''] of css.matchAll(/--([\w-]+): light-dark\((#\w{6}), (#\w{6})\)/g)) {
    out[name] = theme === 0 ? light : dark
  }
  return out
}

function luminance(hex: string): number {
  const parts = [1, 3, 5].map((i) => Number.parseInt(hex.slice(i, i + 2), 16) / 255)
  const [r = 0, g = 0, b = 0] = parts.map((c) => (c <= 0.03928 ? c / 12.92 : ((c + 0.055) / 1.055) ** 2.4))
  return 0.2126 * r + 0.7152 * g + 0.0722 * b
}

function contrast(a = '', b = ''): number {
  const [high = 0, low = 0] = [luminance(a), luminance(b)].sort((x, y) => y - x)
  return (high + 0.05) / (low + 0.05)
}

const grounds = ['canvas', 'surface', 'raised', 'hover', 'pointed', 'chosen']

describe.each([['light', 0], ['dark', 1]] as const)('%s theme', (_, theme) => {
  const c = colours(theme)
  it.each(['ink', 'dim', 'faint', 'link', 'more'])('%s is readable on every ground', (name) => {
    for (const ground of grounds) expect([ground, contrast(c[name], c[ground]) >= 4.5]).toEqual([ground, true])
  })
  it.each(['act', 'schedule', 'watch', 'low', 'none', 'control', 'focus', 'ramp-1', 'ramp-2', 'fewer'])('%s can be told from what it lies on', (name) => {
    for (const ground of ['canvas', 'surface']) expect([ground, contrast(c[name], c[ground]) >= 3]).toEqual([ground, true])
  })
  it('the amber strip is readable', () => expect(contrast(c['amber-ink'], c['amber'])).toBeGreaterThanOrEqual(4.5))
  it('words on ink are readable', () => expect(contrast(c['inverse'], c['ink'])).toBeGreaterThanOrEqual(4.5))
})
