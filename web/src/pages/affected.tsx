import { Page } from '@/ui/page'

export function Affected() {
  return (
    <Page page="Are we affected?" question="Does it run here, where, since when, who can reach it, who owns it?">
      <p className="text-sm text-dim">This page comes with the server.</p>
    </Page>
  )
}
