import { paths } from '@/app/paths'
import { plural } from '@/lib/format'
import { FreshMark } from '@/twin/marks'
import type { ThingPage } from '@/twin/wire'
import { CodeBlock } from '@/ui/code-block'
import { PageLink } from '@/ui/page-link'
import { PanelFrame } from '@/ui/panel-frame'
import { Age } from '@/ui/time'

/** Each source in its own words: the evidence as it is kept. */
export function SaysPanel({ says }: { says: ThingPage['says'] }) {
  const title = says.length === 0 ? 'No source speaks of it at this time' : says.length === 1 ? 'One source speaks of it' : `${plural(says.length, 'source')} speak of it`
  return (
    <PanelFrame id="says" subject="Raw evidence" title={title} note="Raw evidence: what is kept, word for word.">
      <ul className="flex flex-col gap-2 text-sm">
        {says.map((s, i) => (
          <li key={i} className="border-b border-hairline pb-2 last:border-0">
            <p className="flex flex-wrap items-center gap-x-3"><PageLink to={paths.source(s.source)} className="row-link foreign">{s.source}</PageLink><span className="text-xs text-faint foreign">{[s.scope, s.class].filter(Boolean).join(' · ')}</span><FreshMark value={s.freshness} /><span className="ml-auto text-xs text-faint"><Age at={s.seen_at} none="never seen" /></span></p>
            {s.spec !== null && s.spec !== undefined && (
              <details className="mt-1"><summary className="target w-fit text-xs text-link">Its words</summary><CodeBlock what="evidence" text={JSON.stringify(s.spec, null, 2)} /></details>
            )}
          </li>
        ))}
      </ul>
    </PanelFrame>
  )
}
