import { useQuery } from '@tanstack/react-query'
import { Check, ChevronDown } from 'lucide-react'
import { type ReactNode, useState } from 'react'
import { answer, api } from '@/api/client'
import { asApiError } from '@/api/problem'
import { paths } from '@/app/paths'
import { cx } from '@/lib/class-names'
import { count, day, plural } from '@/lib/format'
import { Button } from '@/ui/button'
import { PageLink } from '@/ui/page-link'
import { StatNumber } from '@/ui/stat-number'
import { type DrillDoc, isPast, stepOf, tookWords, useDrill, useMove } from './drill'

/** Whether the steps are folded away: for this window, over a reload. */
const folding = 'tidemark.drill.folded'

function useFolded(): [boolean, () => void] {
  const [folded, setFolded] = useState(() => sessionStorage.getItem(folding) === 'yes')
  const turn = () => {
    sessionStorage.setItem(folding, folded ? 'no' : 'yes')
    setFolded(!folded)
  }
  return [folded, turn]
}

/** The drill, over every page from its publication to its end: one line, so that the page keeps its room. */
export function DrillStrip() {
  const doc = useDrill().data
  const move = useMove()
  const [folded, turn] = useFolded()
  if (!doc || stepOf(doc) === 'ready') return null
  return (
    <section aria-label="Drill" data-testid="drill" data-step={stepOf(doc)} className="no-print border-b border-amber-edge bg-amber text-sm text-amber-ink">
      <div className="flex flex-wrap items-center gap-x-3 gap-y-1 px-4 py-1 text-xs">
        <span className="flex items-center gap-1">
          <b className="rounded border border-amber-edge px-1.5 text-xs leading-5 font-semibold">Drill</b>
          <button type="button" onClick={turn} aria-expanded={!folded} aria-label={folded ? 'Show the steps' : 'Fold the steps'} title={folded ? 'Show the steps' : 'Fold the steps'} className="target rounded hover:bg-surface">
            <ChevronDown size={14} aria-hidden="true" className={folded ? '-rotate-90' : ''} />
          </button>
        </span>
        <p role="status" data-testid="drill-sentence" className={cx('foreign', !folded && 'sr-only')}>{doc.sentence || doc.title}</p>
        {!folded && <Steps doc={doc} />}
        <Next doc={doc} busy={move.isPending} onMove={(m) => move.mutate(m)} />
      </div>
      {move.error && <p role="alert" className="px-4 pb-1 font-medium text-more">{asApiError(move.error).message} {asApiError(move.error).hint}</p>}
    </section>
  )
}

interface NextProps {
  doc: DrillDoc
  busy: boolean
  onMove: (move: 'deploy' | 'reset') => void
}

function Next({ doc, busy, onMove }: NextProps) {
  const step = stepOf(doc)
  const going = busy || doc.step === 'staged'
  return (
    <span className="ml-auto flex gap-2">
      {step === 'published' && <Button kind="primary" small disabled={going} onClick={() => onMove('deploy')}>{going ? 'Deploying…' : 'Deploy the fix'}</Button>}
      <Button kind={step === 'verified' ? 'primary' : 'plain'} small disabled={busy && step !== 'published'} onClick={() => onMove('reset')}>End the drill</Button>
    </span>
  )
}

function Steps({ doc }: { doc: DrillDoc }) {
  const verified = stepOf(doc) === 'verified'
  return (
    <ol className="flex min-w-0 flex-wrap items-center gap-x-3.5 gap-y-0.5">
      <Step n={1} title="Published" done>
        <PageLink to={paths.affected(doc.weakness)} className="target underline underline-offset-2 foreign" title={`In ${doc.component}`}>{doc.weakness}</PageLink>
      </Step>
      <Step n={2} title="Found" done={doc.services.length > 0}>
        {doc.services.length === 0 ? 'looking where it runs…' : <Found doc={doc} verified={verified} />}
      </Step>
      <Step n={3} title="Planned" done={doc.actions.length > 0}><Planned doc={doc} /></Step>
      <Step n={4} title={verified ? 'Proven' : 'Proof'} done={verified}>
        {verified ? <PageLink to={paths.exposures} search={{ q: `state:fixed vuln:${doc.weakness}` }} className="target underline underline-offset-2">fixed, by evidence</PageLink>
          : isPast(doc, 'deployed') ? 'waiting for evidence…' : 'to come'}
      </Step>
    </ol>
  )
}

function Found({ doc, verified }: { doc: DrillDoc; verified: boolean }) {
  const where = `in ${plural(doc.services.length, 'service')}`
  const took = doc.took_ms > 0 && doc.step === 'published' ? `, ${tookWords(doc.took_ms)}` : ''
  return (
    <span title={doc.services.join(', ')}>
      {verified ? 'all closed ' : <><StatNumber count={doc.open.count} to={paths.exposures} search={{ q: doc.open.query }} label="open exposures of the drill" className="min-w-0! text-xs" /> </>}{where}{took}
    </span>
  )
}

/** What is to be done, by whom and by when: of the first, and how many more there are. */
function Planned({ doc }: { doc: DrillDoc }) {
  const [first] = doc.actions
  const { data } = useQuery({
    queryKey: ['actions', 'drill', first ?? ''],
    enabled: first !== undefined,
    queryFn: async ({ signal }) => answer(await api.GET('/api/v1/actions/{id}', { params: { path: { id: first ?? '' } }, signal })),
  })
  if (!first) return 'no action yet…'
  const due = data?.due ? `, due ${day(new Date(data.due)).replace(/ \d{4}$/, '')}` : ''
  return (
    <>
      <PageLink to={paths.action(first)} className="target underline underline-offset-2" title={first}>{data?.owner ? `${data.owner}${due}` : first}</PageLink>
      {doc.actions.length > 1 && <PageLink to={paths.actions} search={{ q: `component:${doc.component.split(':').at(-1) ?? ''}` }} className="target underline underline-offset-2" aria-label={`and ${count(doc.actions.length - 1)} more actions`}>+{count(doc.actions.length - 1)}</PageLink>}
    </>
  )
}

function Step({ n, title, done, children }: { n: number; title: string; done: boolean; children: ReactNode }) {
  return (
    <li className="flex min-h-6 items-center gap-1.5 whitespace-nowrap" data-done={done}>
      <span aria-hidden="true" className={cx('grid size-4.5 shrink-0 place-items-center rounded-full text-[0.6875rem] font-semibold', done ? 'bg-amber-ink text-amber' : 'border border-amber-ink')}>
        {done ? <Check size={11} /> : n}
      </span>
      <span className="font-semibold">{title}<span className="sr-only">{done ? ', done: ' : ', to come: '}</span></span>
      <span className="flex items-center gap-1">{children}</span>
    </li>
  )
}

/** Begins the drill: only in the demo, and only while none is running. */
export function DrillButton() {
  const drill = useDrill()
  const move = useMove()
  if (!drill.data || stepOf(drill.data) !== 'ready') return null
  return (
    <div className="flex items-center gap-3">
      {move.error && <p role="alert" className="text-sm font-medium text-more">{asApiError(move.error).message}</p>}
      <button type="button" data-testid="drill-start" disabled={move.isPending} onClick={() => move.mutate('publish')} className="inline-flex h-9 items-center gap-2 rounded-md border border-amber-edge bg-amber px-3 text-sm font-medium text-amber-ink hover:border-amber-ink disabled:opacity-50">
        <b className="rounded border border-amber-edge px-1 text-xs font-semibold">Drill</b>
        {move.isPending ? 'Publishing…' : 'A new CVE is published'}
      </button>
    </div>
  )
}
