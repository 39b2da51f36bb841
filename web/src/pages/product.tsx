import { useParams } from '@tanstack/react-router'
import { asApiError } from '@/api/problem'
import { paths } from '@/app/paths'
import { useLive } from '@/overview/ask'
import { TrendPanel } from '@/overview/trend-panel'
import { type ProductDoc, useProduct } from '@/product/ask'
import { MatrixPanel } from '@/product/matrix-panel'
import { ActionsPanel, DoorsPanel, FactsPanel, ProductGates } from '@/product/parts'
import { NoSuch } from '@/ui/no-such'
import { Page } from '@/ui/page'
import { Skeleton } from '@/ui/panel-frame'
import { ProblemNote } from '@/ui/problem-note'

export function Product() {
  const { id = '' } = useParams({ strict: false })
  const asked = useProduct(id)
  useLive('product')
  const doc = asked.data
  if (!doc && asked.error && asApiError(asked.error).status === 404) return <NoSuch page="Products" id={id} what="product" to={paths.products} toWords="To the products" />
  return (
    <Page page="Products" object={doc?.title || id} question="How exposed is this product as a whole, and what is to be done?" foot={{ asOf: doc?.as_of ?? null }} arrived={!asked.isLoading}>
      {doc ? <Whole doc={doc} onRetry={() => void asked.refetch()} /> : (
        <div className="rounded-xl border border-edge bg-surface px-4 py-3">{asked.error ? <ProblemNote error={asked.error} what="This product" onRetry={() => void asked.refetch()} /> : <Skeleton />}</div>
      )}
    </Page>
  )
}

function Whole({ doc, onRetry }: { doc: ProductDoc; onRetry: () => void }) {
  return (
    <div className="panels rail:grid-cols-[minmax(0,3fr)_minmax(0,2fr)]" data-testid="product-page">
      <div className="panels content-start">
        <MatrixPanel doc={doc} />
        <ProductGates doc={doc} />
        <TrendPanel days={doc.trend} verdict={doc.verdict} error={null} busy={false} onRetry={onRetry} />
      </div>
      <div className="panels content-start">
        <FactsPanel doc={doc} />
        <ActionsPanel doc={doc} />
        <DoorsPanel doc={doc} />
      </div>
    </div>
  )
}
