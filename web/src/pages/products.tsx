import { Page } from '@/ui/page'

export function Products() {
  return (
    <Page page="Products" question="Which product carries the risk, and who owns it?">
      <p className="text-sm text-dim">This page comes with the server.</p>
    </Page>
  )
}
