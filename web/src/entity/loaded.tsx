import { useState } from 'react'
import { cx } from '@/lib/class-names'
import { count, duration, plural } from '@/lib/format'
import { FreshMark } from '@/twin/marks'
import type { LoadedIn, ThingPage } from '@/twin/wire'
import { Button } from '@/ui/button'
import { PageLink } from '@/ui/page-link'
import { PanelFrame } from '@/ui/panel-frame'
import { Time } from '@/ui/time'
import { pageOf } from './ask'
import { shortId } from './words'

const first = 6
const step = 50
const words: Record<string, string> = { loaded: 'Loaded', 'not-seen': 'Not seen loaded', unknown: 'Not known' }
const fills: Record<string, string> = { loaded: 'bg-ramp-2 border-ramp-2', 'not-seen': 'border-control', unknown: 'hatched border-control' }

function sum(list: LoadedIn[], of: (l: LoadedIn) => number): number {
  return list.reduce((n, l) => n + of(l), 0)
}

/** What an agent sees loaded of what a workload or an image is made of, and for how long it has looked. */
export function LoadedPanel({ page }: { page: ThingPage }) {
  const list = page.loaded
  const [loaded, unknown, not] = [sum(list, (l) => l.loaded), sum(list, (l) => l.unknown), sum(list, (l) => l.not_seen)]
  const title = list.length === 0 ? 'Nobody watches what is loaded of it' : `${count(loaded)} of ${plural(loaded + unknown + not, 'part')} loaded, ${count(not)} not seen loaded, ${count(unknown)} not known`
  return (
    <PanelFrame
      id="loaded" subject="What is loaded" title={title}
      sheet={{ head: ['artifact', 'source', 'purl', 'answer', 'reason', 'only_memory', 'from', 'to'], rows: list.flatMap((l) => l.parts.map((p) => [l.artifact, l.source, p.purl, p.answer, p.reason, p.only_memory ? 'yes' : 'no', l.from, l.to])) }}
      computed={<p>Loaded: a process had a file of it mapped, ran it, or held it open within the window. Not seen loaded: it has something that a process would show, every process could be looked at, and none showed it; it takes a window of an hour and a source that is fresh. It is no proof that it is never loaded. All else is not known.</p>}
    >
      {list.length === 0 ? <p className="text-sm text-dim">Whether a part is loaded where it runs is not known. The agent on its host would tell: <code>tidemark-agent host</code>.</p> : <ul className="flex flex-col gap-3 text-sm">{list.map((l) => <Watched key={`${l.artifact} ${l.source}`} seen={l} />)}</ul>}
    </PanelFrame>
  )
}

function Watched({ seen: l }: { seen: LoadedIn }) {
  const [shown, setShown] = useState(first)
  const left = l.parts.length - shown
  return (
    <li data-testid="loaded" data-loaded={l.loaded} data-unknown={l.unknown} data-not-seen={l.not_seen}>
      <p className="flex flex-wrap items-center justify-between gap-x-3"><PageLink {...pageOf({ kind: 'Artifact', scope: '', name: l.artifact })} className="row-link foreign" title={l.artifact}>{shortId(l.artifact)}</PageLink><FreshMark value={l.freshness} /></p>
      <p className="text-xs text-faint">Watched by <span className="foreign">{l.source}</span> for {duration(l.window_seconds)}: from <Time at={l.from} none="not known" /> to <Time at={l.to} none="not known" /></p>
      <ul className="mt-1">
        {l.parts.slice(0, shown).map((p, i) => (
          <li key={i} data-loaded-part={p.answer} className="border-b border-hairline py-1 last:border-0">
            <span className="flex flex-wrap items-baseline justify-between gap-x-3">{p.purl ? <PageLink {...pageOf({ kind: 'Component', scope: '', name: p.purl })} className="row-link min-w-0 foreign">{p.purl.replace(/^pkg:/, '')}</PageLink> : <span>All parts</span>}<span className="inline-flex items-center gap-1.5"><span aria-hidden="true" className={cx('mark size-2.5 rounded-full border-[1.5px]', fills[p.answer] ?? fills['unknown'])} />{words[p.answer] ?? p.answer}</span></span>
            <span className="block text-xs text-faint foreign">{p.reason}</span>
          </li>
        ))}
      </ul>
      {left > 0 && <Button small kind="quiet" onClick={() => setShown(shown + step)}>Show {count(Math.min(left, step))} more</Button>}
      {left <= 0 && l.more > 0 && <p className="text-xs text-faint">Showing {count(l.parts.length)} of {count(l.parts.length + l.more)}.</p>}
    </li>
  )
}
