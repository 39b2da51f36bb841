import type { ErrorComponentProps } from '@tanstack/react-router'
import { Page } from '@/ui/page'
import { PageLink } from '@/ui/page-link'
import { ProblemNote } from '@/ui/problem-note'
import { buttonLook } from '@/ui/button'

export function NoSuchPage() {
  return (
    <Page page="No such page" question="There is nothing at this address.">
      <p className="text-sm text-dim">It may have been shortened on its way to you.</p>
      <p className="mt-4"><PageLink to="/overview" className={buttonLook()}>To the overview</PageLink></p>
    </Page>
  )
}

export function BrokenPage({ error, reset }: ErrorComponentProps) {
  return (
    <Page page="This page broke" question="The other pages still work.">
      <ProblemNote error={error} what="This page" onRetry={reset} />
    </Page>
  )
}
