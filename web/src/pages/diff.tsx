import { type FormEvent, useState } from 'react'
import { answer, api } from '@/api/client'
import { paths } from '@/app/paths'
import { pageOf, useFollowTwin } from '@/entity/ask'
import { kindWords, shortId } from '@/entity/words'
import { scopeTerms } from '@/exposures/ask'
import { type Change } from '@/graph/model'
import { changeSigns, changeWords } from '@/graph/model'
import { cx } from '@/lib/class-names'
import { count, plural, utc } from '@/lib/format'
import { both } from '@/state/query-text'
import { momentOf } from '@/state/search'
import { useScope, useView } from '@/state/view'
import { useKeyset } from '@/table/use-keyset'
import type { Diff as Doc, DiffItem } from '@/twin/wire'
import { Button, buttonLook } from '@/ui/button'
import { EmptyState } from '@/ui/empty-state'
import { Page } from '@/ui/page'
import { PageLink } from '@/ui/page-link'
import { PanelFrame } from '@/ui/panel-frame'
import { Time } from '@/ui/time'

const days = (n: number) => new Date(Date.now() - n * 86_400_000).toISOString().slice(0, 10)
const limit = 200

/** How the twin differs between two times. */
export function Diff() {
  const [view, set] = useView({ from: '', to: '', kind: '' })
  const [scope] = useScope()
  useFollowTwin()
  // Decided once: another question with every drawing would never be answered.
  const [week] = useState(() => days(7))
  const from = momentOf(view.from || week) ?? new Date(0)
  const to = momentOf(view.to || scope.asof)
  const q = both(scopeTerms(scope), '')
  const list = useKeyset<DiffItem & { doc: Doc }>({
    key: ['twin', 'diff', from.toISOString(), to?.toISOString() ?? '', q],
    load: async (cursor, signal) => {
      const query = { from: from.toISOString(), limit, ...(q ? { q } : {}), ...(to ? { as_of: to.toISOString() } : {}), ...(cursor ? { cursor } : {}) }
      const doc = answer(await api.GET('/api/v1/twin/diff', { params: { query }, signal }))
      return { items: doc.items.map((item) => ({ ...item, doc })), total: doc.total, next: doc.next, as_of: doc.to }
    },
  })
  const counts = list.items[0]?.doc.counts ?? []
  const sum = (key: 'added' | 'removed' | 'changed') => counts.reduce((n, c) => n + c[key], 0)
  const shown = list.items.filter((i) => view.kind === '' || i.kind === view.kind)
  const title = list.loading ? 'What differs' : list.total === 0 ? 'Nothing differs' : `${plural(list.total, 'difference')}: +${count(sum('added'))} −${count(sum('removed'))} ~${count(sum('changed'))}`
  return (
    <Page page="What changed" question={`What became different between ${utc(from)} and ${to ? utc(to) : 'now'}?`} actions={<PageLink to={paths.twin} className={buttonLook('plain')}>The twin</PageLink>} foot={{ asOf: list.asOf, rows: list.total }} arrived={!list.loading}>
      <Times from={view.from || week} to={view.to} onTimes={(next) => set(next)} />
      <PanelFrame
        id="diff" subject="The differences" title={title} flush minHeight={300} loading={list.loading} error={list.loaded === 0 ? list.error : undefined} onRetry={list.retry} busy={list.busy}
        sheet={{ head: ['change', 'kind', 'id', 'scope', 'at', 'owner', 'fields', 'sources'], rows: list.items.map((i) => [i.change, i.kind, i.id, i.scope, i.at, i.owner, i.changes.map((c) => `${c.field}: ${c.before} -> ${c.after}`).join('; '), i.sources.join(' ')]) }}
      >
        {list.total === 0 && !list.loading ? <EmptyState kind="done" title="Nothing became different between these times.">By what the sources said. Whether they saw all of it stands at the <PageLink to={paths.coverage} className="link">coverage</PageLink>.</EmptyState> : (
          <>
            <ul aria-label="Kinds" className="flex flex-wrap gap-1.5 px-4 pb-3">
              {counts.map((c) => <li key={c.kind}><button type="button" aria-pressed={view.kind === c.kind} onClick={() => set({ kind: view.kind === c.kind ? '' : c.kind })} className="h-7 rounded-md border border-edge bg-surface px-2 text-xs hover:border-control aria-pressed:border-ink aria-pressed:bg-chosen">{kindWords(c.kind)} <span className="text-faint">+{count(c.added)} −{count(c.removed)} ~{count(c.changed)}</span></button></li>)}
            </ul>
            <ul data-testid="diff" data-total={list.total}>{shown.map((i) => <Line key={`${i.kind} ${i.scope} ${i.id} ${i.change}`} item={i} />)}</ul>
            {list.more && <p className="flex items-center gap-3 px-4 py-2 text-xs text-faint"><Button small onClick={list.more} disabled={list.fetching}>Show more</Button>{count(list.loaded)} of {count(list.total)} are here{view.kind !== '' && `; of the kind chosen ${count(shown.length)}`}.</p>}
          </>
        )}
      </PanelFrame>
    </Page>
  )
}

function Times({ from, to, onTimes }: { from: string; to: string; onTimes: (next: { from: string; to: string }) => void }) {
  const submit = (event: FormEvent<HTMLFormElement>) => {
    event.preventDefault()
    const data = new FormData(event.currentTarget)
    onTimes({ from: String(data.get('from') ?? ''), to: String(data.get('to') ?? '') })
  }
  return (
    <form key={`${from} ${to}`} onSubmit={submit} className="mb-4 flex flex-wrap items-end gap-2 text-xs text-faint">
      <label>From the end of this day, UTC<input type="date" name="from" required defaultValue={from.slice(0, 10)} max={days(0)} className="field mt-1 block" /></label>
      <label>To the end of this day; empty: now<input type="date" name="to" defaultValue={to.slice(0, 10)} max={days(0)} className="field mt-1 block" /></label>
      <Button type="submit">Compare</Button>
    </form>
  )
}

const looks: Record<string, string> = { added: 'text-fewer', removed: 'text-more', changed: 'text-dim' }

function Line({ item: i }: { item: DiffItem }) {
  const change = (i.change in changeSigns ? i.change : 'changed') as Change
  return (
    <li data-testid="row" data-change={i.change} className="grid grid-cols-[1.25rem_minmax(0,1fr)] gap-x-2 border-t border-hairline px-4 py-1.5 text-sm">
      <span className={cx('text-base leading-6 font-bold', looks[i.change])}><span aria-hidden="true">{changeSigns[change]}</span><span className="sr-only">{changeWords[change]}</span></span>
      <div className="min-w-0">
        <p className="flex flex-wrap items-baseline gap-x-3"><PageLink {...pageOf({ kind: i.kind, scope: i.scope, name: i.id })} className="row-link foreign" title={i.id}>{shortId(i.id)}</PageLink><span className="text-xs text-faint foreign">{[kindWords(i.kind), i.scope, i.owner || (i.kind === 'Workload' ? 'no owner' : '')].filter(Boolean).join(' · ')}</span>{i.at && <span className="ml-auto text-xs text-faint"><Time at={i.at} /></span>}</p>
        {i.changes.length > 0 && <ul className="text-xs">{i.changes.map((c) => <li key={c.field} className="foreign"><code className="text-faint">{c.field}</code> <span className="text-dim">{shortId(c.before) || 'nothing'}</span> → {shortId(c.after) || 'nothing'}</li>)}{i.more > 0 && <li className="text-faint">and {plural(i.more, 'more field')}</li>}</ul>}
      </div>
    </li>
  )
}
