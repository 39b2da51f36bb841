import { Page } from '@/ui/page'

export function Exposures() {
  return (
    <Page page="Exposures" question="Which of these matter, and what do we decide?">
      <p className="text-sm text-dim">This page comes with the server.</p>
    </Page>
  )
}
