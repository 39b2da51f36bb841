import { Page } from '@/ui/page'

export function Twin() {
  return (
    <Page page="Twin" question="What runs where, and what touches it?">
      <p className="text-sm text-dim">This page comes with the server.</p>
    </Page>
  )
}
