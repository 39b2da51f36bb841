import { Page } from '@/ui/page'

export function Audit() {
  return (
    <Page page="Audit log" question="Who changed what, when, why?">
      <p className="text-sm text-dim">This page comes with the server.</p>
    </Page>
  )
}
