import { Page } from '@/ui/page'

export function Intel() {
  return (
    <Page page="Intel" question="What changed in the world that touches us?">
      <p className="text-sm text-dim">This page comes with the server.</p>
    </Page>
  )
}
