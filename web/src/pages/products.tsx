import { paths } from '@/app/paths'
import { useLive } from '@/overview/ask'
import { useProducts } from '@/product/ask'
import { ProductList } from '@/product/list'
import { buttonLook } from '@/ui/button'
import { EmptyState } from '@/ui/empty-state'
import { Page } from '@/ui/page'
import { PageLink } from '@/ui/page-link'
import { Skeleton } from '@/ui/panel-frame'
import { ProblemNote } from '@/ui/problem-note'

export function Products() {
  const asked = useProducts()
  useLive('products')
  return (
    <Page page="Products" question="Which of our products is exposed, and who answers for it?" foot={{ asOf: asked.data?.as_of ?? null, ...(asked.data ? { rows: asked.data.total } : {}) }}>
      <Body asked={asked} />
    </Page>
  )
}

function Body({ asked }: { asked: ReturnType<typeof useProducts> }) {
  if (asked.data && asked.data.items.length > 0) return <ProductList products={asked.data.items} />
  if (asked.data) {
    return (
      <EmptyState kind="first-run" title="No product is described yet." actions={<PageLink to={paths.connect} className={buttonLook('primary')}>Describe the first</PageLink>}>
        A scope says which services make up a product, who owns it and what data it touches: <code>tidemark scope apply FILE</code>.
      </EmptyState>
    )
  }
  return <div className="rounded-xl border border-edge bg-surface px-4 py-3">{asked.error ? <ProblemNote error={asked.error} what="The list of products" onRetry={() => void asked.refetch()} /> : <Skeleton />}</div>
}
