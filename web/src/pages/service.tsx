import { useParams } from '@tanstack/react-router'
import { useMemo } from 'react'
import { paths } from '@/app/paths'
import { quoted } from '@/state/query-text'
import { type MatrixRow, useMatrix, useWorkloads } from '@/twin/ask'
import { ServicePicture } from '@/twin/service-view'
import { ActionsOf, DoorsOf, ExposedIn, ImagesOf, useActionsOf, WorkloadsOf } from '@/twin/service-panels'
import { buttonLook } from '@/ui/button'
import { EmptyState } from '@/ui/empty-state'
import { Page } from '@/ui/page'
import { PageLink } from '@/ui/page-link'
import { Skeleton } from '@/ui/panel-frame'
import { ProblemNote } from '@/ui/problem-note'

export function Service() {
  const { name = '' } = useParams({ strict: false })
  const word = `svc:${quoted(name)}`
  const workloads = useWorkloads(word)
  const matrix = useMatrix(word)
  const { items } = workloads.list
  const mine = useMemo(() => items.filter((w) => w.service === name), [items, name])
  const row = matrix.items.find((r) => r.service === name)
  const actionsOf = useActionsOf(name)
  const waiting = workloads.list.loading || matrix.loading || actionsOf.isLoading
  const actions = <PageLink to={paths.exposures} search={{ q: word }} className={buttonLook('plain')}>Its exposures</PageLink>
  return (
    <Page page="Twin" object={name} question="Where does it run, what touches it, and what has to be done?" actions={actions} foot={{ asOf: workloads.list.asOf }} arrived={!waiting}>
      {workloads.list.error && mine.length === 0 ? <ProblemNote error={workloads.list.error} what="The service" onRetry={workloads.list.retry} /> : null}
      {waiting && <Skeleton lines={6} waiting="Reading the service…" />}
      {!waiting && !workloads.list.error && mine.length === 0 && (
        <EmptyState kind="filtered" title={`No workload of “${name}” at this time and in this scope.`} actions={<PageLink to={paths.twin} className="link target">The whole twin</PageLink>}>It may have ended: look at an earlier moment with “As of”.</EmptyState>
      )}
      {!waiting && mine.length > 0 && (
        <>
          <Belongs row={row} />
          <div className="panels rail:grid-cols-[minmax(0,1fr)_24rem]">
            <div className="panels content-start"><WorkloadsOf workloads={mine} /><ActionsOf service={name} /></div>
            <div className="panels content-start">{row && <ExposedIn row={row} environments={row.environments} />}<DoorsOf workloads={mine} /><ImagesOf workloads={mine} /></div>
          </div>
          <div className="mt-4 grid grid-cols-[minmax(0,1fr)]"><ServicePicture service={name} workloads={mine} /></div>
        </>
      )}
    </Page>
  )
}

/** Whose it is, and what it is part of. */
function Belongs({ row }: { row: MatrixRow | undefined }) {
  if (!row) return null
  return (
    <p className="mb-4 flex flex-wrap items-baseline gap-x-4 gap-y-1 text-sm" data-testid="belongs">
      <span><span className="text-faint">Owner</span> {row.owner ? <span className="font-medium foreign">{row.owner}</span> : <PageLink to={paths.settings('scope')} className="link target italic">nobody: say who in the scope</PageLink>}</span>
      <span><span className="text-faint">Part of</span> {row.products.length === 0 ? 'no product' : row.products.map((p, i) => <span key={p}>{i > 0 && ', '}<PageLink to={paths.product(p)} className="link target">{p}</PageLink></span>)}</span>
    </p>
  )
}
