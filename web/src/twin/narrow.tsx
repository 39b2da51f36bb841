import { useNarrow } from '@/exposures/use-narrow'
import { cx } from '@/lib/class-names'
import { quoted, toggleFacet } from '@/state/query-text'

/** By what a list is narrowed with a click: what is unknown is a value too. */
const facets: Record<string, { key: string; name: string; values: [value: string, words: string][] }[]> = {
  endpoints: [
    { key: 'public', name: 'Public', values: [['yes', 'yes'], ['no', 'no'], ['unknown', 'not known']] },
    { key: 'authenticated', name: 'Asks who comes', values: [['yes', 'yes'], ['no', 'no'], ['unknown', 'not known']] },
    { key: 'documented', name: 'Documented', values: [['yes', 'yes'], ['no', 'no'], ['unknown', 'not known']] },
    { key: 'kind', name: 'What', values: [['door', 'doors'], ['operation', 'operations'], ['port', 'ports']] },
  ],
}

/** The facets of a list: a click takes a value into the query or out of it, with Alt it leaves it out. */
export function Narrow({ kind, q, onQuery }: { kind: string; q: string; onQuery: (q: string) => void }) {
  const narrow = useNarrow()
  const list = facets[kind]
  if (!list) return null
  const has = (head: string, value: string) => q.split(/\s+/).some((t) => t.startsWith(head) && t.slice(head.length).split(',').includes(quoted(value)))
  const groups = (
    <div aria-label="Narrow the list" role="group" data-testid="narrow" className="mb-3 flex flex-wrap gap-x-4 gap-y-1.5">
      {list.map((f) => (
        <div key={f.key} role="group" aria-label={f.name} className="flex flex-wrap items-center gap-1">
          <span className="text-xs text-faint">{f.name}</span>
          {f.values.map(([value, words]) => (
            <button
              key={value} type="button" data-facet={`${f.key}:${value}`} aria-pressed={has(`${f.key}:`, value)} title={`${f.key}:${value}; with Alt: all others`}
              onClick={(e) => onQuery(toggleFacet(q, f.key, value, e.altKey ? 'exclude' : 'include'))}
              className={cx('h-6 rounded-md border border-edge bg-surface px-2 text-xs hover:border-control aria-pressed:border-ink aria-pressed:bg-chosen', has(`-${f.key}:`, value) && 'line-through')}
            >
              {words}
            </button>
          ))}
        </div>
      ))}
    </div>
  )
  return narrow ? <details className="mb-2"><summary className="target w-fit text-sm text-link">Narrow the list</summary>{groups}</details> : groups
}
