import { paths } from '@/app/paths'
import { useFollowTwin } from '@/entity/ask'
import { useScope, useView } from '@/state/view'
import { QueryBox } from '@/table/query-box'
import { EstatePart } from '@/twin/estate-part'
import { lensesOf, LensPick } from '@/twin/lens'
import { ArtifactList, ComponentList, ServiceList, WorkloadList } from '@/twin/lists'
import { EndpointList, IdentityList, ThingList } from '@/twin/more-lists'
import { ProductPart } from '@/twin/product-part'
import { buttonLook } from '@/ui/button'
import { Page } from '@/ui/page'
import { PageLink } from '@/ui/page-link'
import { Segments } from '@/ui/segments'
import { Tabs } from '@/ui/tabs'

const layouts = [{ id: 'picture', label: 'Picture' }, { id: 'table', label: 'Table' }]
const hints: Record<string, string> = {
  workloads: 'Filter: svc:checkout running:yes fresh:stale class:declared image:nginx',
  artifacts: 'Filter: name:checkout tag:1.4 digest:sha256:…',
  components: 'Filter: name:log4j-core type:maven version:2.14.1, or a part of a package URL',
  services: 'Filter: svc:checkout env:prod',
  endpoints: 'Filter: public:yes authenticated:no documented:no kind:operation svc:checkout',
  identities: 'Filter: a part of a name',
  things: 'Filter: kind:Build source:ci/github, or a part of a name',
}

/** The twin, from the whole estate to every single thing. */
export function Twin() {
  const [view, set] = useView({ kind: 'map', layout: 'picture', lens: 'exposure', q: '' })
  const setQuery = (q: string) => set({ q }, { replace: true })
  const clear = () => set({ q: '' })
  useFollowTwin()
  const part = { q: view.q, onClear: clear }
  const lists = [
    ['workloads', 'Workloads', <WorkloadList key="l" {...part} />], ['services', 'Services', <ServiceList key="l" {...part} />], ['artifacts', 'Artifacts', <ArtifactList key="l" {...part} />],
    ['components', 'Components', <ComponentList key="l" {...part} />], ['endpoints', 'Endpoints', <EndpointList key="l" {...part} />], ['identities', 'Identities', <IdentityList key="l" {...part} />], ['things', 'Everything else', <ThingList key="l" {...part} onQuery={setQuery} />],
  ] as const
  const tabs = [
    { id: 'map', label: 'Overview', content: <Levels view={view} set={set} /> },
    ...lists.map(([id, label, list]) => ({ id, label, content: <><div className="mb-3"><QueryBox value={view.q} onChange={setQuery} placeholder={hints[id] ?? ''} label={`Filter the ${id}`} /></div>{list}</> })),
  ]
  const ways = <><PageLink to={paths.flows} className={buttonLook('plain')}>Flows</PageLink><PageLink to={paths.diff} className={buttonLook('plain')}>What changed</PageLink><PageLink to={paths.coverage} className={buttonLook('plain')}>Coverage</PageLink></>
  return (
    <Page page="Twin" question="What runs where, and what touches it?" actions={ways}>
      <Tabs label="Kinds of things" tabs={tabs} value={tabs.some((t) => t.id === view.kind) ? view.kind : 'map'} onChange={(id) => set({ kind: id, q: '' })} />
    </Page>
  )
}

interface LevelProps {
  view: { layout: string; lens: string; q: string }
  set: (patch: { layout?: string; lens?: string; q?: string }) => void
}

/** All products, or one of them: the scope bar says which. */
function Levels({ view, set }: LevelProps) {
  const [scope, setScope] = useScope()
  const level = scope.product === '' ? 'estate' : 'product'
  const lens = lensesOf(level).some((l) => l.id === view.lens) ? view.lens : 'exposure'
  return (
    <>
      <div className="mb-3 flex flex-wrap items-center gap-2">
        {level === 'product' && <nav aria-label="Level" className="mr-2 flex items-center gap-1.5 text-sm"><button type="button" className="link target" onClick={() => setScope({ product: '' })}>All products</button><span aria-hidden="true" className="text-faint">/</span><span className="font-medium foreign">{scope.product}</span></nav>}
        <Segments label="Picture or table" segments={layouts} value={view.layout === 'table' ? 'table' : 'picture'} onChange={(layout) => set({ layout })} />
        <LensPick level={level} value={lens} onChange={(to) => set({ lens: to })} />
      </div>
      {level === 'estate' ? <EstatePart lens={lens} layout={view.layout} /> : <ProductPart lens={lens} layout={view.layout} q={view.q} onClear={() => set({ q: '' })} />}
    </>
  )
}
