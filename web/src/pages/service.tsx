import { useParams } from '@tanstack/react-router'
import { Page } from '@/ui/page'

export function Service() {
  const { name = '' } = useParams({ strict: false })
  return (
    <Page page="Twin" object={name} question="What runs here, and what touches it?">
      <p className="text-sm text-dim">This page comes with the server.</p>
    </Page>
  )
}
