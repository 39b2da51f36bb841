import { Page } from '@/ui/page'

export function Actions() {
  return (
    <Page page="Actions" question="Who does what by when; what is late?">
      <p className="text-sm text-dim">This page comes with the server.</p>
    </Page>
  )
}
