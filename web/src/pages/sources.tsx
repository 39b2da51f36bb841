import { Page } from '@/ui/page'

export function Sources() {
  return (
    <Page page="Sources" question="Can I trust today’s picture?">
      <p className="text-sm text-dim">This page comes with the server.</p>
    </Page>
  )
}
