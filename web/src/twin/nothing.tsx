import { paths } from '@/app/paths'
import { Button, buttonLook } from '@/ui/button'
import { EmptyState } from '@/ui/empty-state'
import { PageLink } from '@/ui/page-link'

/** No rows: because of the filter, or because nothing was connected yet. */
export function Nothing({ what, q, onClear }: { what: string; q: string; onClear: () => void }) {
  if (q.trim() !== '') {
    return <EmptyState kind="filtered" title={`No ${what} match “${q}”.`} actions={<Button onClick={onClear}>Clear the filter</Button>}>The filter and the scope bar both narrow this list.</EmptyState>
  }
  return (
    <EmptyState kind="first-run" title={`No ${what} are known yet.`} actions={<PageLink to={paths.connect} className={buttonLook('primary')}>Connect a source</PageLink>}>
      Send what is deployed and what it is made of: one manifest and one SBOM are enough to begin.
    </EmptyState>
  )
}
