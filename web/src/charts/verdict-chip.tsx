const signs: Record<string, string> = { rising: '▲', stable: '■', falling: '▼', 'too little data': '?', 'not comparable': '≠' }
const tones: Record<string, string> = { rising: 'text-more', falling: 'text-fewer' }

/** A direction by a stated rule: sign and word, with the rule as its title. */
export function VerdictChip({ word, rule }: { word: string; rule: string }) {
  return (
    <span data-verdict={word} title={rule} className="inline-flex h-6 shrink-0 items-center gap-1.5 rounded-full border border-edge px-2.5 text-xs font-medium whitespace-nowrap">
      <span aria-hidden="true" className={tones[word] ?? 'text-dim'}>{signs[word] ?? '?'}</span>
      {word}
    </span>
  )
}
