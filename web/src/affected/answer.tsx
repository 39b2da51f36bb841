import { paths } from '@/app/paths'
import { plural } from '@/lib/format'
import { shellQuoted } from '@/state/query-text'
import { useAsOf } from '@/state/view'
import { CopyButton } from '@/ui/copy-button'
import { PageLink } from '@/ui/page-link'
import { PanelFrame, Skeleton } from '@/ui/panel-frame'
import { ProblemNote } from '@/ui/problem-note'
import { type AffectedDoc, rowsShown, useAffected, useWorkloads } from './ask'
import { RowsTable } from './rows-table'
import { SpreadPanel } from './spread-panel'
import { verdictOf } from './verdict'
import { VerdictCard } from './verdict-card'

/** The answer about one thing: then, where a moment was chosen, and now. */
export function Answer({ what }: { what: string }) {
  const at = useAsOf()
  const shown = useAffected(what, at)
  const now = useAffected(what, null, at !== null)
  if (shown.error) return <div className="rounded-xl border border-edge bg-surface" data-state="error"><ProblemNote error={shown.error} what="The answer" onRetry={() => void shown.refetch()} /></div>
  if (!shown.data) return <div className="rounded-xl border border-edge bg-surface px-5 py-4" data-state="loading"><Skeleton waiting="Searching every workload…" /></div>
  return (
    <div className="flex min-w-0 flex-col gap-4">
      <div className={at ? 'panels bar:grid-cols-2' : 'panels'} aria-busy={shown.isFetching}>
        <VerdictCard doc={shown.data} small={at !== null} {...(at ? { when: 'Then' } : {})} />
        {at && (now.data ? <VerdictCard doc={now.data} when="Now" small /> : <div className="rounded-xl border border-edge bg-surface px-5 py-4"><Skeleton lines={2} /></div>)}
      </div>
      {shown.data.items.length > 0 ? <Places what={what} doc={shown.data} at={at} /> : <Nothing doc={shown.data} />}
    </div>
  )
}

function Places({ what, doc, at }: { what: string; doc: AffectedDoc; at: Date | null }) {
  const services = [...new Set(doc.items.map((r) => r.service))]
  const workloads = useWorkloads(services, at).data?.items ?? []
  return (
    <>
      <SpreadPanel what={what} rows={doc.items} workloads={workloads} />
      <PanelFrame
        id="rows" subject="Every place" flush title={plural(doc.total, 'exposure')} note={doc.total > rowsShown ? `The first ${rowsShown} of ${doc.total}; the command line has all of them.` : undefined}
        aside={<CopyButton what="command" words text={`tidemark affected ${shellQuoted(what)}`} />}
        sheet={{ head: ['Service', 'Environment', 'Versions', 'Since', 'Reachable', 'Owner', 'Fix', 'Decision', 'Exposure'], rows: doc.items.map((r) => [r.service, r.environment, r.versions.join(' '), r.since ?? '', r.gates.reachable, r.owner ?? '', r.fix ?? '', r.decision, r.id]) }}
      >
        <RowsTable rows={doc.items} workloads={workloads} />
      </PanelFrame>
    </>
  )
}

/** Nothing was found: what to do next depends on why. */
function Nothing({ doc }: { doc: AffectedDoc }) {
  const missing = doc.coverage.total - doc.coverage.searched
  const blind = verdictOf(doc.verdict) === 'cannot-say'
  return (
    <div className="max-w-2xl px-1 text-sm text-dim">
      {blind
        ? <p>This is not an all-clear. Either no advisory about it is loaded, or too little is covered. Ask with the package and its version (<code>pkg:npm/name@1.2.3</code>): that needs no advisory.</p>
        : <p>What was looked into does not have it, at this moment. It is looked for again with each new bill of materials and each new advisory.</p>}
      <p className="mt-2 flex flex-wrap gap-x-4">
        {missing > 0 && <PageLink to={paths.twin} className="link target">{plural(missing, 'workload')} without known contents</PageLink>}
        <PageLink to={paths.sources} className="link target">Sources</PageLink><PageLink to={paths.intel} className="link target">Intel</PageLink>
      </p>
    </div>
  )
}
