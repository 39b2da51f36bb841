import { count as written } from '@/lib/format'
import { cx } from '@/lib/class-names'
import type { Search } from '@/state/search'
import { PageLink } from './page-link'

interface Props {
  count: number
  /** The page that lists exactly what is counted. */
  to: string
  search?: Search
  /** What is counted, for those who hear it: "exposures that act now". */
  label: string
  size?: 'text' | 'large' | 'title'
  className?: string
}

const looks = { text: 'font-medium', large: 'text-2xl font-semibold tracking-tight', title: '' }

/** A number is a link to exactly the rows that it counts. */
export function StatNumber({ count, to, search, label, size = 'text', className }: Props) {
  return (
    <PageLink
      to={to}
      {...(search ? { search } : {})}
      data-count={count}
      aria-label={`${written(count)} ${label}`}
      className={cx(
        'inline-flex min-h-6 min-w-6 items-center justify-end rounded underline decoration-edge decoration-1 underline-offset-4 hover:decoration-current',
        looks[size],
        className,
      )}
    >
      {written(count)}
    </PageLink>
  )
}
