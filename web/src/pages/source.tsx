import { useParams } from '@tanstack/react-router'
import { Page } from '@/ui/page'

export function Source() {
  const { name = '' } = useParams({ strict: false })
  return (
    <Page page="Sources" object={name} question="What did it tell us last, and what depends on it?">
      <p className="text-sm text-dim">This page comes with the server.</p>
    </Page>
  )
}
