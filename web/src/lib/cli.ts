export interface CliQuestion {
  /** The words of the command: "exposures list". */
  command: string
  q?: string
  sort?: string
  /** RFC 3339, or "" for now. */
  asOf?: string
}

/** As one word of a POSIX shell; what is plain stays as it is. */
export function shellWord(text: string): string {
  if (/^[\w@%+:,./=-]+$/.test(text)) return text
  return `'${text.replaceAll("'", String.raw`'\''`)}'`
}

/** tidemark exposures list -q 'kev:yes env:prod' --sort=-score */
export function cliLine({ command, q = '', sort = '', asOf = '' }: CliQuestion): string {
  const parts = ['tidemark', ...command.split(' ').map(shellWord)]
  if (q) parts.push('-q', shellWord(q))
  // With "=": a sort that begins with "-" is no option.
  if (sort) parts.push(`--sort=${shellWord(sort)}`)
  if (asOf) parts.push('--as-of', shellWord(asOf))
  return parts.join(' ')
}
