/** A piece of a sentence; with a target it is a link to the evidence for it. */
export interface Piece {
  text: string
  /** "rung-running", or "fix". */
  target?: string
}

/** How the sentence of a decision speaks of each gate. */
const phrases: [RegExp, string][] = [
  [/(?:may run in|runs in|is in) .+? \([^)]*\)(?: but does not run)?|is in the image [^,;]+/, 'rung-running'],
  [/perhaps reachable from the internet|not reachable from outside|reachable from the internet/, 'rung-reachable'],
  [/known to be exploited|an attack in itself|unlikely to be exploited soon|likely to be exploited|with no exploit data/, 'rung-exploitable'],
  [/fix: [^\s;]+/, 'panel-fix'],
]

/** The sentence with its reasons as links. Its words stay as the server said them. */
export function pieces(sentence: string): Piece[] {
  let out: Piece[] = [{ text: sentence }]
  for (const [phrase, target] of phrases) out = out.flatMap((piece) => (piece.target ? [piece] : split(piece.text, phrase, target)))
  return out
}

function split(text: string, phrase: RegExp, target: string): Piece[] {
  const found = phrase.exec(text)
  if (!found) return [{ text }]
  const after = found.index + found[0].length
  return [{ text: text.slice(0, found.index) }, { text: found[0], target }, { text: text.slice(after) }].filter((p) => p.text !== '')
}
