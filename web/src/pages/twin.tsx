import { useMatrix } from '@/twin/ask'
import { ArtifactList, ComponentList, ServiceList, WorkloadList } from '@/twin/lists'
import { MatrixView } from '@/twin/matrix-view'
import { Nothing } from '@/twin/nothing'
import { useEvents } from '@/api/events'
import { asApiError } from '@/api/problem'
import { useQueryClient } from '@tanstack/react-query'
import { useView } from '@/state/view'
import { QueryBox } from '@/table/query-box'
import { Page } from '@/ui/page'
import { Segments } from '@/ui/segments'
import { Tabs } from '@/ui/tabs'

const layouts = [{ id: 'matrix', label: 'Matrix' }, { id: 'table', label: 'Table' }]
const hints: Record<string, string> = {
  workloads: 'Filter: svc:checkout running:yes fresh:stale class:declared image:nginx',
  artifacts: 'Filter: name:checkout tag:1.4 digest:sha256:…',
  components: 'Filter: name:log4j-core type:maven version:2.14.1, or a part of a package URL',
  services: 'Filter: svc:checkout env:prod',
}

export function Twin() {
  const [view, set] = useView({ kind: 'workloads', layout: 'table', q: '' })
  const kind = view.kind in hints ? view.kind : 'workloads'
  const setQuery = (q: string) => set({ q }, { replace: true })
  const clear = () => set({ q: '' })
  useFollow()
  const part = { q: view.q, onClear: clear }
  const tabs = [
    { id: 'workloads', label: 'Workloads', content: view.layout === 'matrix' ? <MatrixPart {...part} onQuery={setQuery} /> : <Filtered {...part} kind="workloads" onQuery={setQuery}><WorkloadList {...part} /></Filtered> },
    { id: 'services', label: 'Services', content: <Filtered {...part} kind="services" onQuery={setQuery}><ServiceList {...part} /></Filtered> },
    { id: 'artifacts', label: 'Artifacts', content: <Filtered {...part} kind="artifacts" onQuery={setQuery}><ArtifactList {...part} /></Filtered> },
    { id: 'components', label: 'Components', content: <Filtered {...part} kind="components" onQuery={setQuery}><ComponentList {...part} /></Filtered> },
  ]
  const actions = kind === 'workloads' ? <Segments label="Layout" segments={layouts} value={view.layout} onChange={(layout) => set({ layout })} /> : null
  return (
    <Page page="Twin" question="What runs where, and what touches it?" actions={actions}>
      <Tabs label="Kinds of things" tabs={tabs} value={kind} onChange={(id) => set({ kind: id, q: '' })} />
    </Page>
  )
}

interface PartProps {
  q: string
  onClear: () => void
  onQuery: (q: string) => void
}

function Filtered({ q, kind, onQuery, children }: PartProps & { kind: string; children: React.ReactNode }) {
  return (
    <>
      <div className="mb-3"><QueryBox value={q} onChange={onQuery} placeholder={hints[kind] ?? ''} label={`Filter the ${kind}`} /></div>
      {children}
    </>
  )
}

function MatrixPart({ q, onClear, onQuery }: PartProps) {
  const list = useMatrix(q)
  const refused = list.error && asApiError(list.error).status === 400 ? asApiError(list.error) : null
  return (
    <>
      <div className="mb-3"><QueryBox value={q} onChange={onQuery} error={refused} placeholder="Filter as in Exposures: decision:act reach:yes svc:checkout" label="Filter the matrix" /></div>
      <MatrixView list={list} empty={<Nothing what="services" q={q} onClear={onClear} />} />
    </>
  )
}

/** What the server learns shows by itself; nothing here is decided by its place. */
function useFollow(): void {
  const client = useQueryClient()
  useEvents((event) => {
    if (event.kind === 'changed' || event.kind === 'poll') void client.invalidateQueries({ queryKey: ['twin'] })
  })
}
