import { useQuery } from '@tanstack/react-query'
import { answer, api } from '@/api/client'
import { paths } from '@/app/paths'
import { pageOf } from '@/entity/ask'
import { closesWords, titleOf } from '@/actions/model'
import { type Action } from '@/actions/model'
import { Clock, Owner, RegressedChip, StateChip } from '@/actions/parts'
import { decisionOf } from '@/lib/decision'
import { count, plural } from '@/lib/format'
import { quoted } from '@/state/query-text'
import { useAsOf } from '@/state/view'
import { PlainTable } from '@/table/plain-table'
import { DecisionChip } from '@/ui/mark'
import { PageLink } from '@/ui/page-link'
import { PanelFrame } from '@/ui/panel-frame'
import { StatNumber } from '@/ui/stat-number'
import { Age } from '@/ui/time'
import type { MatrixRow, Workload } from './ask'
import { AnswerMark, FreshMark, SbomMark } from './marks'
import { doorWords, imageWords } from './words'

export function WorkloadsOf({ workloads }: { workloads: Workload[] }) {
  const columns = [
    { id: 'env', head: 'Environment', cell: (w: Workload) => <><PageLink {...pageOf({ kind: 'Workload', scope: w.environment, name: w.service })} className="row-link">{w.environment}</PageLink><span className="block text-xs font-normal text-faint">{[w.kind, w.namespace, w.class].filter(Boolean).join(' · ')}</span></> },
    { id: 'running', head: 'Running', cell: (w: Workload) => <AnswerMark kind="running" value={w.running} /> },
    { id: 'reach', head: 'Reachable', cell: (w: Workload) => <AnswerMark kind="reachable" value={w.reachable} /> },
    { id: 'replicas', head: 'Replicas', align: 'right' as const, cell: (w: Workload) => w.replicas || '–' },
    { id: 'sbom', head: 'Contents', cell: (w: Workload) => <SbomMark value={w.sbom} /> },
    { id: 'evidence', head: 'Evidence', grow: true, cell: (w: Workload) => <><FreshMark value={w.freshness} /> <span className="text-xs text-faint"><Age at={w.seen_at} none="never seen" /> · {w.sources.join(', ')}</span></> },
  ]
  return (
    <PanelFrame id="workloads" subject="The workloads" title={`Runs as ${plural(workloads.length, 'workload')}`} flush sheet={{ head: ['environment', 'kind', 'running', 'reachable', 'replicas', 'sbom', 'freshness', 'seen_at'], rows: workloads.map((w) => [w.environment, w.kind, w.running, w.reachable, w.replicas, w.sbom, w.freshness, w.seen_at]) }}>
      <PlainTable label="Workloads" columns={columns} rows={workloads} rowKey={(w) => `${w.environment}/${w.kind}/${w.namespace ?? ''}`} state={(w) => w.freshness} />
    </PanelFrame>
  )
}

export function DoorsOf({ workloads }: { workloads: Workload[] }) {
  const doors = workloads.flatMap((w) => w.doors.map((door) => ({ door, environment: w.environment })))
  const open = doors.filter((d) => d.door.public).length
  const title = doors.length === 0 ? 'No door is known' : `${plural(doors.length, 'door')}, ${open} of them public`
  return (
    <PanelFrame id="doors" subject="The doors" title={title}>
      {doors.length === 0 ? <p className="text-sm text-dim">No address leads here by what the sources said. Where reachability is “not known”, there may be one.</p> : (
        <ul className="flex flex-col text-sm">
          {doors.map((d, i) => <li key={i} className="flex flex-wrap justify-between gap-x-4 border-b border-hairline py-1 last:border-0"><span className="min-w-0 font-medium foreign">{doorWords(d.door)}</span><span className="text-faint">{d.environment} · {d.door.public ? 'public' : 'internal'}</span></li>)}
        </ul>
      )}
    </PanelFrame>
  )
}

export function ImagesOf({ workloads }: { workloads: Workload[] }) {
  const images = [...new Set(workloads.flatMap((w) => w.images))]
  return (
    <PanelFrame id="images" subject="The images" title={`Made of ${plural(images.length, 'image')}`}>
      <ul className="flex flex-col text-sm">
        {images.map((image) => (
          <li key={image} className="border-b border-hairline py-1 last:border-0">
            <PageLink {...pageOf({ kind: 'Artifact', scope: '', name: image.split('@')[1] ?? image })} className="row-link foreign">{imageWords(image)}</PageLink>
            <span className="block text-xs text-faint foreign">{image} · {workloads.filter((w) => w.images.includes(image)).map((w) => w.environment).join(', ')}</span>
          </li>
        ))}
      </ul>
    </PanelFrame>
  )
}

/** The exposures of the service, by environment: each number lists its rows. */
export function ExposedIn({ row, environments }: { row: MatrixRow; environments: string[] }) {
  const here = environments.flatMap((environment, i) => {
    const cell = row.cells[i]
    return cell && (cell.running !== '' || cell.exposures.count > 0) ? [{ environment, cell }] : []
  })
  const total = here.reduce((n, h) => n + h.cell.exposures.count, 0)
  return (
    <PanelFrame id="exposed" subject="Its exposures" title={total === 0 ? 'No live exposure' : `${plural(total, 'live exposure')} in ${plural(here.length, 'environment')}`}>
      <ul className="flex flex-col text-sm">
        {here.map((h) => (
          <li key={h.environment} className="flex items-center justify-between gap-3 border-b border-hairline py-1 last:border-0">
            <span className="foreign">{h.environment}</span>
            <span className="inline-flex items-center gap-3">{h.cell.exposures.count > 0 && <DecisionChip decision={decisionOf(h.cell.decision)} />}<StatNumber count={h.cell.exposures.count} to={paths.exposures} search={{ q: h.cell.exposures.query }} label={`exposures in ${h.environment}`} /></span>
          </li>
        ))}
      </ul>
    </PanelFrame>
  )
}

const mostActions = 8

/** What has to be done to a service; the page waits for it too, so that nothing below it moves. */
export function useActionsOf(service: string) {
  const at = useAsOf()
  const query = { q: `svc:${quoted(service)}`, limit: mostActions, ...(at ? { as_of: at.toISOString() } : {}) }
  return useQuery({ queryKey: ['actions', 'service', query], queryFn: async ({ signal }) => answer(await api.GET('/api/v1/actions', { params: { query }, signal })) })
}

export function ActionsOf({ service }: { service: string }) {
  const q = `svc:${quoted(service)}`
  const asked = useActionsOf(service)
  const items = (asked.data?.items ?? []) as Action[]
  const total = asked.data?.total ?? 0
  return (
    <PanelFrame id="service-actions" subject="Its actions" title={asked.data ? (total === 0 ? 'No action' : plural(total, 'action')) : 'Actions'} flush loading={asked.isLoading} error={asked.data ? undefined : asked.error} onRetry={() => void asked.refetch()}>
      {items.length === 0 ? <p className="px-4 pb-4 text-sm text-dim">Nothing here has to be acted on or scheduled with a known fix.</p> : (
        <ul>
          {items.map((a) => (
            <li key={a.id} className="flex flex-wrap items-center gap-x-3 gap-y-1 border-t border-hairline px-4 py-1.5 text-sm">
              <PageLink to={paths.action(a.id)} className="row-link grow basis-60">{titleOf(a)}</PageLink>
              <StateChip state={a.state} /><RegressedChip times={a.reopened} />
              <span className="text-xs text-faint">{closesWords(a)}</span><Clock action={a} /><span className="max-w-32 text-xs"><Owner owner={a.owner} /></span>
            </li>
          ))}
        </ul>
      )}
      {total > items.length && items.length > 0 && <p className="px-4 py-2 text-xs text-faint">Showing {items.length} of {count(total)}. <PageLink to={paths.actions} search={{ q, layout: 'list' }} className="link target">All of them</PageLink></p>}
    </PanelFrame>
  )
}
