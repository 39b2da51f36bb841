import { Check } from 'lucide-react'
import type { ReactNode } from 'react'
import { asApiError } from '@/api/problem'
import { paths } from '@/app/paths'
import { cx } from '@/lib/class-names'
import { count, plural } from '@/lib/format'
import { Button } from '@/ui/button'
import { PageLink } from '@/ui/page-link'
import { StatNumber } from '@/ui/stat-number'
import { type DrillDoc, isPast, stepOf, tookWords, useDrill, useMove } from './drill'

/** The drill, over every page from its publication to its reset. */
export function DrillStrip() {
  const doc = useDrill().data
  const move = useMove()
  if (!doc || stepOf(doc) === 'ready') return null
  return (
    <section aria-label="Drill" data-testid="drill" data-step={stepOf(doc)} className="no-print border-b border-amber-edge bg-surface">
      <div className="flex flex-wrap items-center gap-x-3 gap-y-1.5 bg-amber px-4 py-1.5 text-sm text-amber-ink">
        <b className="rounded border border-amber-edge px-1.5 text-xs leading-5 font-semibold">Drill</b>
        <p role="status" className="min-w-0 grow foreign" data-testid="drill-sentence">{doc.sentence || doc.title}</p>
        <Next doc={doc} busy={move.isPending} onMove={(m) => move.mutate(m)} />
      </div>
      {move.error && <p role="alert" className="px-4 pt-2 text-sm font-medium text-more">{asApiError(move.error).message} {asApiError(move.error).hint}</p>}
      <Steps doc={doc} />
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
  return (
    <span className="flex gap-2">
      {step === 'published' && <Button kind="primary" small disabled={busy} onClick={() => onMove('deploy')}>{busy ? 'Deploying…' : 'Deploy the fix'}</Button>}
      <Button kind={step === 'verified' ? 'primary' : 'plain'} small disabled={busy && step !== 'published'} onClick={() => onMove('reset')}>{step === 'verified' ? 'End the drill' : 'Stop'}</Button>
    </span>
  )
}

function Steps({ doc }: { doc: DrillDoc }) {
  const [action] = doc.actions
  return (
    <ol className="grid gap-x-6 gap-y-2 px-4 py-2 text-sm bar:grid-cols-2 rail:grid-cols-4">
      <Step n={1} title="Published" done>
        <PageLink to={paths.affected(doc.weakness)} className="link foreign">{doc.weakness}</PageLink> <span className="foreign">in {doc.component}</span>
      </Step>
      <Step n={2} title={doc.took_ms > 0 && stepOf(doc) === 'published' ? `Found in ${tookWords(doc.took_ms)}` : 'Found where it runs'} done={doc.services.length > 0}>
        {doc.services.length === 0 ? 'Looking…' : <>
          <StatNumber count={doc.open.count} to={paths.exposures} search={{ q: doc.open.query }} label="exposures of the drill" className="min-w-0!" /> open in {plural(doc.services.length, 'service')}
          <span className="text-faint"> {doc.services.slice(0, 3).join(', ')}{doc.services.length > 3 && ` +${doc.services.length - 3}`}</span>
        </>}
      </Step>
      <Step n={3} title="One action, with owner and clock" done={isPast(doc, 'deployed')}>
        {action ? <><PageLink to={paths.action(action)} className="link">{action}</PageLink>{doc.actions.length > 1 && ` and ${count(doc.actions.length - 1)} more`}{isPast(doc, 'deployed') && ', deployed'}</> : 'Being planned…'}
      </Step>
      <Step n={4} title="Proof, and the number falls" done={stepOf(doc) === 'verified'}>
        {stepOf(doc) === 'verified' ? <><PageLink to={paths.exposures} search={{ q: `state:fixed vuln:${doc.weakness}` }} className="link">Fixed by evidence</PageLink>; see the <PageLink to={paths.overview} className="link">overview</PageLink></>
          : isPast(doc, 'deployed') ? 'Waiting for evidence from where it runs…' : 'Only evidence closes it'}
      </Step>
    </ol>
  )
}

function Step({ n, title, done, children }: { n: number; title: string; done: boolean; children: ReactNode }) {
  return (
    <li className="flex min-w-0 gap-2.5" data-done={done}>
      <span aria-hidden="true" className={cx('mt-0.5 grid size-5 shrink-0 place-items-center rounded-full text-xs font-semibold', done ? 'bg-ink text-inverse' : 'border border-control text-faint')}>
        {done ? <Check size={12} /> : n}
      </span>
      <div className="min-w-0">
        <p className={cx('font-medium', !done && 'text-dim')}>{title}<span className="sr-only">{done ? ', done' : ', to come'}</span></p>
        <p className="text-dim">{children}</p>
      </div>
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
