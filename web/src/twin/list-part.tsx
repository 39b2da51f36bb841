import { QueryBox } from '@/table/query-box'
import { ArtifactList, ComponentList, ServiceList, WorkloadList } from './lists'
import { EndpointList, IdentityList, ThingList } from './more-lists'
import { Narrow } from './narrow'

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
  const lists: Record<string, React.ReactNode> = {
    workloads: <WorkloadList {...part} />, services: <ServiceList {...part} />, artifacts: <ArtifactList {...part} />, components: <ComponentList {...part} />,
    endpoints: <EndpointList {...part} />, identities: <IdentityList {...part} />, things: <ThingList {...part} onQuery={onQuery} />,
  }
  return (
    <>
      <div className="mb-3"><QueryBox value={q} onChange={onQuery} placeholder={hints[kind] ?? ''} label={`Filter the ${kind}`} /></div>
      <Narrow kind={kind} q={q} onQuery={onQuery} />
      {lists[kind]}
    </>
  )
}
