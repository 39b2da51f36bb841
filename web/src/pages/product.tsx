import { useParams } from '@tanstack/react-router'
import { Page } from '@/ui/page'

export function Product() {
  const { id = '' } = useParams({ strict: false })
  return (
    <Page page="Products" object={id} question="How exposed is this product as a whole?">
      <p className="text-sm text-dim">This page comes with the server.</p>
    </Page>
  )
}
