import { lazy, Suspense } from 'react'
import { paths } from '@/app/paths'
import { useFollowTwin } from '@/entity/ask'
import { useScope, useView } from '@/state/view'
import { EstatePart } from '@/twin/estate-part'
import { lensOf, LensPick } from '@/twin/lens'
import { buttonLook } from '@/ui/button'
import { Page } from '@/ui/page'
import { PageLink } from '@/ui/page-link'
import { Skeleton } from '@/ui/panel-frame'
import { Segments } from '@/ui/segments'
import { Tabs } from '@/ui/tabs'

// The map of the estate is what one sees first; the rest comes with its tab.
const ListPart = lazy(() => import('@/twin/list-part').then((m) => ({ default: m.ListPart })))
const ProductPart = lazy(() => import('@/twin/product-part').then((m) => ({ default: m.ProductPart })))

const layouts = [{ id: 'picture', label: 'Picture' }, { id: 'table', label: 'Table' }]
const lists = [
  ['workloads', 'Workloads'], ['services', 'Services'], ['artifacts', 'Artifacts'], ['components', 'Components'], ['endpoints', 'Endpoints'], ['identities', 'Identities'], ['things', 'Everything else'],
] as const

/** In the place of a part that is being loaded: as high as what comes, so that the foot stays away. */
function Coming() {
  return <div data-state="loading" className="min-h-[27rem] rounded-xl border border-edge bg-surface px-4 py-3"><Skeleton lines={6} /></div>
}

/** The twin, from the whole estate to every single thing. */
export function Twin() {
  const [view, set] = useView({ kind: 'map', layout: 'picture', lens: 'exposure', q: '' })
  useFollowTwin()
  const tabs = [
    { id: 'map', label: 'Overview', content: <Levels view={view} set={set} /> },
    ...lists.map(([id, label]) => ({ id, label, content: <Suspense fallback={<Coming />}><ListPart key={id} kind={id} q={view.q} onQuery={(q) => set({ q }, { replace: true })} onClear={() => set({ q: '' })} /></Suspense> })),
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
  const lens = lensOf(view.lens)
  return (
    <>
      <div className="mb-3 flex flex-wrap items-center gap-2">
        {level === 'product' && <nav aria-label="Level" className="mr-2 flex items-center gap-1.5 text-sm"><button type="button" className="link target" onClick={() => setScope({ product: '' })}>All products</button><span aria-hidden="true" className="text-faint">/</span><span className="font-medium foreign">{scope.product}</span></nav>}
        <Segments label="Picture or table" segments={layouts} value={view.layout === 'table' ? 'table' : 'picture'} onChange={(layout) => set({ layout })} />
        <LensPick value={lens} onChange={(to) => set({ lens: to })} />
      </div>
      {level === 'estate' ? <EstatePart lens={lens} layout={view.layout} /> : <Suspense fallback={<Coming />}><ProductPart lens={lens} layout={view.layout} q={view.q} onClear={() => set({ q: '' })} /></Suspense>}
    </>
  )
}
