/**
 * Numbers and times as people read them. On screen a time is local and its
 * title is UTC; in files and addresses it is UTC only.
 */
const locale = 'en-GB'
const whole = new Intl.NumberFormat(locale, { maximumFractionDigits: 0 })
const percents = new Intl.NumberFormat(locale, { style: 'percent', maximumFractionDigits: 0 })
const local = new Intl.DateTimeFormat(locale, { dateStyle: 'medium', timeStyle: 'short' })
const localDay = new Intl.DateTimeFormat(locale, { dateStyle: 'medium' })

export function count(n: number): string {
  return whole.format(n)
}

/** With a real minus sign, and a plus sign where it grows. */
export function signed(n: number): string {
  if (n === 0) return '0'
  return (n > 0 ? '+' : '−') + whole.format(Math.abs(n))
}

export function percent(part: number, all: number): string {
  return all === 0 ? '–' : percents.format(part / all)
}

/** "1 exposure", "12 exposures". */
export function plural(n: number, one: string, many = `${one}s`): string {
  return `${count(n)} ${n === 1 ? one : many}`
}

export function dateTime(t: Date): string {
  return local.format(t)
}

export function day(t: Date): string {
  return localDay.format(t)
}

/** 2026-09-30 23:59 UTC */
export function utc(t: Date): string {
  return Number.isNaN(t.getTime()) ? 'no time' : `${t.toISOString().slice(0, 16).replace('T', ' ')} UTC`
}

const units: [string, number][] = [
  ['y', 365 * 86400],
  ['w', 7 * 86400],
  ['d', 86400],
  ['h', 3600],
  ['min', 60],
  ['s', 1],
]

/** The largest unit that counts at least two of it, or one second: 90 s, 3 min, 31 h, 12 d. */
export function duration(seconds: number): string {
  const abs = Math.abs(Math.round(seconds))
  for (const [name, size] of units) {
    if (name === 'w' || name === 'y') {
      if (abs >= 8 * size && name === 'w') return `${Math.floor(abs / size)} ${name}`
      if (abs >= 2 * size && name === 'y') return `${Math.floor(abs / size)} ${name}`
      continue
    }
    if (abs >= 2 * size || name === 's') return `${Math.floor(abs / size)} ${name}`
  }
  return '0 s'
}

/** "3 min ago", "in 2 d"; within two seconds "now". */
export function age(t: Date, now: Date): string {
  const seconds = (now.getTime() - t.getTime()) / 1000
  if (Math.abs(seconds) < 2) return 'now'
  return seconds > 0 ? `${duration(seconds)} ago` : `in ${duration(seconds)}`
}
