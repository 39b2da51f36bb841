import { Page } from '@/ui/page'

export function Settings() {
  return (
    <Page page="Settings" question="Who may do what; which rules decide?">
      <p className="text-sm text-dim">This page comes with the server.</p>
    </Page>
  )
}
