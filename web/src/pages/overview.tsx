import { Page } from '@/ui/page'

export function Overview() {
  return (
    <Page page="Overview" question="How exposed are we now, is it getting better, what must happen today?">
      <p className="text-sm text-dim">This page comes with the server.</p>
    </Page>
  )
}
