import { Page } from '@/ui/page'

export function Connect() {
  return (
    <Page page="Connect" question="What do we need to see your first exposure?">
      <p className="text-sm text-dim">This page comes with the server.</p>
    </Page>
  )
}
