import { useParams } from '@tanstack/react-router'
import { Page } from '@/ui/page'

export function Weakness() {
  const { id = '' } = useParams({ strict: false })
  return (
    <Page page="Intel" object={id} question="What is known about it, and does it touch us?">
      <p className="text-sm text-dim">This page comes with the server.</p>
    </Page>
  )
}
