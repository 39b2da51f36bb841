import { useNavigate } from '@tanstack/react-router'
import { paths } from '@/app/paths'
import { pageOf } from '@/entity/ask'
import { useNarrow } from '@/exposures/use-narrow'
import { count } from '@/lib/format'
import { scopeSearch, type Search } from '@/state/search'
import { KeysetTable } from '@/table/keyset-table'
import { PlainTable } from '@/table/plain-table'
import { PanelFrame } from '@/ui/panel-frame'
import { type Service, useArtifacts, useComponents, useServices, useWorkloads } from './ask'
import { artifactColumns, artifactNarrow, componentColumns, componentNarrow, ServiceLink, workloadColumns, workloadNarrow } from './columns'
import { Nothing } from './nothing'
import { Wider } from './wider'
import { leftWords } from './words'

interface Props {
  q: string
  onClear: () => void
}

export function useOpenPage(): (path: string, more?: Search) => void {
  const navigate = useNavigate()
  return (path, more = {}) => void navigate({ to: path as '/', search: ((before: Search) => ({ ...scopeSearch(before), ...more })) as never })
}

export function WorkloadList({ q, onClear }: Props) {
  const { list, left, text, asOf } = useWorkloads(q)
  const narrow = useNarrow()
  const open = useOpenPage()
  return (
    <>
      <Wider words={leftWords('Workloads', left)} />
      <KeysetTable
        label="Workloads" list={list} columns={narrow ? workloadNarrow : workloadColumns} lines={2} rowsOf={text + asOf}
        rowKey={(w) => `${w.service}/${w.environment}/${w.kind}/${w.namespace ?? ''}`} onOpen={(w) => { const page = pageOf({ kind: 'Workload', scope: w.environment, name: w.service }); open(page.to, page.search) }}
        empty={<Nothing what="workloads" q={text} onClear={onClear} />}
      />
    </>
  )
}

export function ArtifactList({ q, onClear }: Props) {
  const { list, left, text, asOf } = useArtifacts(q)
  const narrow = useNarrow()
  const open = useOpenPage()
  return (
    <>
      <Wider words={leftWords('Artifacts', left)} />
      <KeysetTable label="Artifacts" list={list} columns={narrow ? artifactNarrow : artifactColumns} lines={2} rowsOf={text + asOf} rowKey={(a) => a.id} onOpen={(a) => open(paths.thing('Artifact', a.id))} empty={<Nothing what="artifacts" q={text} onClear={onClear} />} />
    </>
  )
}

export function ComponentList({ q, onClear }: Props) {
  const { list, left, text, asOf } = useComponents(q)
  const narrow = useNarrow()
  const open = useOpenPage()
  return (
    <>
      <Wider words={leftWords('Components', left)} />
      <KeysetTable label="Components" list={list} columns={narrow ? componentNarrow : componentColumns} lines={narrow ? 2 : 1} rowsOf={text + asOf} rowKey={(c) => c.purl} onOpen={(c) => open(paths.thing('Component', c.purl))} empty={<Nothing what="components" q={text} onClear={onClear} />} />
    </>
  )
}

const serviceColumns = [
  { id: 'service', head: 'Service', cell: (s: Service) => <ServiceLink name={s.service} /> },
  { id: 'envs', head: 'Environments', grow: true, cell: (s: Service) => <span className="foreign">{s.environments.join(', ')}</span> },
  { id: 'workloads', head: 'Workloads', align: 'right' as const, cell: (s: Service) => count(s.workloads) },
]

export function ServiceList({ q, onClear }: Props) {
  const { asked, left } = useServices(q)
  const doc = asked.data
  const title = doc ? (doc.truncated ? `The first ${count(doc.items.length)} of ${count(doc.total)} services: filter to see others` : `${count(doc.total)} services`) : 'Services'
  return (
    <>
      <Wider words={leftWords('Services', left)} />
      <PanelFrame id="services" subject="Services" title={title} flush loading={asked.isLoading} error={doc ? undefined : asked.error} onRetry={() => void asked.refetch()}
        busy={asked.isPlaceholderData} sheet={{ head: ['service', 'environments', 'workloads'], rows: (doc?.items ?? []).map((s) => [s.service, s.environments.join(' '), s.workloads]) }}>
        {doc?.items.length === 0 ? <Nothing what="services" q={q} onClear={onClear} /> : <PlainTable label="Services" columns={serviceColumns} rows={doc?.items ?? []} rowKey={(s) => s.service} testId="services" />}
      </PanelFrame>
    </>
  )
}
