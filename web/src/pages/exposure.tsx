import { useParams } from '@tanstack/react-router'
import { Page } from '@/ui/page'

export function Exposure() {
  const { id = '' } = useParams({ strict: false })
  return (
    <Page page="Exposures" object={id} question="Why this decision, what would change it, how do we fix it?">
      <p className="text-sm text-dim">This page comes with the server.</p>
    </Page>
  )
}
