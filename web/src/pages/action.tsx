import { useParams } from '@tanstack/react-router'
import { Page } from '@/ui/page'

export function Action() {
  const { id = '' } = useParams({ strict: false })
  return (
    <Page page="Actions" object={id} question="What is to be done, what does it close, is it proven?">
      <p className="text-sm text-dim">This page comes with the server.</p>
    </Page>
  )
}
