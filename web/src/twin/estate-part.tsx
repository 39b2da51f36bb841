import { lazy, Suspense } from 'react'
import { count, plural } from '@/lib/format'
import { buttonLook } from '@/ui/button'
import { EmptyState } from '@/ui/empty-state'
import { PageLink } from '@/ui/page-link'
import { PanelFrame, Skeleton } from '@/ui/panel-frame'
import { paths } from '@/app/paths'
import { type Changed, counted, recentWords, useRecent, useSince } from './change'
import { estateSheet, productsOf, useEstate } from './estate'
import { EstateMap } from './estate-map'

const EstateTable = lazy(() => import('./estate-table').then((m) => ({ default: m.EstateTable })))

/** The estate: products by what runs in them. */
export function EstatePart({ lens, layout }: { lens: string; layout: string }) {
  const asked = useEstate()
  const doc = asked.data
  const products = productsOf(doc)
  const recent = useRecent(lens === 'change')
  const [since] = useSince()
  const serviceIn = new Map<string, string[]>()
  doc?.nodes.forEach((n) => {
    if (n.kind !== 'service') return
    const product = doc.nodes[n.parent]?.id ?? ''
    serviceIn.set(n.id, [...(serviceIn.get(n.id) ?? []), product])
  })
  const changed = (product: string): Changed | undefined => {
    const mine = (recent.data?.items ?? []).filter((i) => i.kind === 'Workload' && (serviceIn.get(i.id) ?? []).includes(product))
    return mine.length === 0 ? undefined : counted(mine)
  }
  const workloads = products.reduce((n, p) => n + p.workloads, 0)
  const blind = products.reduce((n, p) => n + p.blind, 0)
  const title = doc ? `${plural(products.length, 'product')} with ${plural(workloads, 'workload')}${blind > 0 ? `, ${count(blind)} of unknown contents` : ''}` : 'The estate'
  const left = [
    doc?.next && `Showing the first services of ${count(doc.total)}: the scope bar narrows them`,
    lens === 'change' && (recent.error ? 'what changed is not available' : `Changes ${recentWords(since, recent.data)}: + new, ~ changed, − gone`),
  ].filter(Boolean).join('; ')
  return (
    <PanelFrame
      id="estate" subject="The estate" title={title} note={left || 'A service of several products is counted in each of them.'} minHeight={430} loading={asked.isLoading} waiting="Counting what runs…" error={doc ? undefined : asked.error} onRetry={() => void asked.refetch()}
      busy={asked.isPlaceholderData} sheet={estateSheet(products)} computed={<p>A field is as large as the workloads of the product. Its mark is the most urgent decision of its live exposures; what is hatched are workloads of whose contents nothing is known, so that their exposures cannot be told.</p>}
    >
      {products.length === 0 ? (
        <EmptyState kind="first-run" title="Nothing runs here by what the sources said." actions={<PageLink to={paths.connect} className={buttonLook('primary')}>Connect a source</PageLink>}>Send what is deployed: manifests, records, or an agent in the cluster. The scope bar narrows this too.</EmptyState>
      ) : layout === 'table' ? <Suspense fallback={<Skeleton />}><EstateTable products={products} /></Suspense> : <EstateMap products={products} lens={lens} changed={changed} />}
    </PanelFrame>
  )
}
