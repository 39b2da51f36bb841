import { Page } from '@/ui/page'

export function Help() {
  return (
    <Page page="Help" question="How does this work?">
      <p className="text-sm text-dim">This page comes with the server.</p>
    </Page>
  )
}
