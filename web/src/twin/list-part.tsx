import { useMedium } from '@/exposures/use-narrow'
import { QueryBox } from '@/table/query-box'
import { ArtifactList, ComponentList, ServiceList, WorkloadList } from './lists'
import { EndpointList, IdentityList, ThingList } from './more-lists'
import { Narrow } from './narrow'
import { WorkloadFacets } from './workload-facets'

const hints: Record<string, string> = {
  workloads: 'Filter: svc:checkout running:yes fresh:stale class:declared image:nginx',
  artifacts: 'Filter: name:checkout tag:1.4 digest:sha256:…',
  components: 'Filter: name:log4j-core type:maven version:2.14.1, or a part of a package URL',
  services: 'Filter: svc:checkout env:prod',
  endpoints: 'Filter: public:yes authenticated:no documented:no kind:operation svc:checkout',
  identities: 'Filter: a part of a name',
  things: 'Filter: kind:Build source:ci/github, or a part of a name',
}

interface Props {
  kind: string
  q: string
  onQuery: (q: string) => void
  onClear: () => void
}

/** The list of one kind, under the box that narrows it. */
export function ListPart({ kind, q, onQuery, onClear }: Props) {
  const part = { q, onClear }
  const medium = useMedium()
  const lists: Record<string, React.ReactNode> = {
    workloads: <WorkloadList {...part} />, services: <ServiceList {...part} />, artifacts: <ArtifactList {...part} />, components: <ComponentList {...part} />,
    endpoints: <EndpointList {...part} />, identities: <IdentityList {...part} />, things: <ThingList {...part} onQuery={onQuery} />,
  }
  return (
    <>
      <div className="mb-3"><QueryBox value={q} onChange={onQuery} placeholder={hints[kind] ?? ''} label={`Filter the ${kind}`} /></div>
      <Narrow kind={kind} q={q} onQuery={onQuery} />
      {kind === 'workloads' ? (
        <div className={medium ? '' : 'flex gap-4'}>
          <aside aria-label="Filters" className={medium ? '' : 'w-52 shrink-0'}><WorkloadFacets q={q} onQuery={onQuery} /></aside>
          <div className="min-w-0 grow">{lists[kind]}</div>
        </div>
      ) : lists[kind]}
    </>
  )
}
