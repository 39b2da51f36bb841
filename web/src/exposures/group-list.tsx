import { useInfiniteQuery, useQuery } from '@tanstack/react-query'
import { ChevronRight } from 'lucide-react'
import { useState } from 'react'
import { answer, api } from '@/api/client'
import { paths } from '@/app/paths'
import { cx } from '@/lib/class-names'
import { decisionOf } from '@/lib/decision'
import { count } from '@/lib/format'
import { Button } from '@/ui/button'
import { DecisionChip } from '@/ui/mark'
import { PageLink } from '@/ui/page-link'
import { ProblemNote } from '@/ui/problem-note'
import { Skeleton } from '@/ui/panel-frame'
import { StatNumber } from '@/ui/stat-number'
import { asked, type Group, type Grouping, loadWindow, type Question } from './ask'
import { RowTitle } from './columns'
import { keptLists } from './keep'
import type { Row } from './row'

const atOnce = 100
const peek = 5

interface Props {
  ask: Question
  by: Grouping
  reading: number
}

function useGroups({ ask, by, reading }: Props) {
  return useInfiniteQuery({
    queryKey: ['exposures', 'groups', by, ask.q, ask.asOf, reading],
    queryFn: async ({ pageParam, signal }) => answer(await api.GET('/api/v1/exposures/groups', {
      params: { query: { ...asked({ ...ask, sort: '' }), by, limit: atOnce, ...(pageParam ? { cursor: pageParam } : {}) } }, signal,
    })),
    initialPageParam: '',
    getNextPageParam: (last) => last.next ?? undefined,
  })
}

/** The list under headings: the most urgent group first. */
export function GroupList(props: Props) {
  const { data, error, refetch, isPlaceholderData, hasNextPage, fetchNextPage, isFetchingNextPage } = useGroups(props)
  if (error) return <ProblemNote error={error} what="The groups" onRetry={() => void refetch()} />
  if (!data) return <div className="grow p-4"><Skeleton /></div>
  const total = data.pages[0]?.total ?? 0
  const groups = data.pages.flatMap((page) => page.items)
  return (
    <div className={cx('min-h-0 grow overflow-auto rounded-xl border border-edge bg-surface', isPlaceholderData && 'opacity-55')} data-testid="groups" data-total={total} aria-busy={isPlaceholderData}>
      <div className="sticky top-0 z-10 grid h-9 grid-cols-[2rem_minmax(0,1fr)_7rem_5rem_6rem] items-center border-b border-edge bg-surface px-2 text-xs font-medium text-faint max-bar:grid-cols-[2rem_minmax(0,1fr)_3rem_4rem]" aria-hidden="true">
        <span /><span>{count(total)} groups</span><span className="max-bar:hidden">Most urgent</span><span className="text-right">Highest</span><span className="pr-2 text-right">Exposures</span>
      </div>
      <ul>{groups.map((group) => <GroupLine key={group.key} group={group} ask={props.ask} reading={props.reading} />)}</ul>
      {hasNextPage && <p className="p-3 text-center text-sm text-dim">Showing {count(groups.length)} of {count(total)} groups. <Button small disabled={isFetchingNextPage} onClick={() => void fetchNextPage()}>Show more</Button></p>}
    </div>
  )
}

function GroupLine({ group, ask, reading }: { group: Group; ask: Question; reading: number }) {
  const [open, setOpen] = useState(false)
  const label = group.label || 'none'
  return (
    <li className="border-b border-hairline last:border-0" data-testid="group" data-key={group.key}>
      <div className="grid min-h-10 grid-cols-[2rem_minmax(0,1fr)_7rem_5rem_6rem] items-center px-2 text-sm hover:bg-hover max-bar:grid-cols-[2rem_minmax(0,1fr)_3rem_4rem]">
        <button type="button" aria-expanded={open} aria-label={`First rows of ${label}`} onClick={() => setOpen(!open)} className="target rounded text-faint hover:text-ink">
          <ChevronRight size={14} aria-hidden="true" className={open ? 'rotate-90' : ''} />
        </button>
        <span className={cx('truncate py-1 font-medium', group.label === '' && 'text-dim italic')} title={label}>{label}</span>
        <span className="max-bar:hidden"><DecisionChip decision={decisionOf(group.decision)} /></span>
        <span className="text-right"><span className="sr-only">highest score </span>{group.decision ? group.score : '–'}</span>
        <span className="pr-2 text-right"><StatNumber count={group.count} to={paths.exposures} search={{ q: group.query }} label={`exposures of ${label}`} /></span>
      </div>
      {open && <Peek group={group} ask={ask} reading={reading} />}
    </li>
  )
}

/** The first rows of a group, in the order of the list. */
function Peek({ group, ask, reading }: { group: Group; ask: Question; reading: number }) {
  const own: Question = { ...ask, q: group.query }
  const { data: page, error, refetch } = useQuery({
    queryKey: [...keptLists, 'peek', own.q, own.sort, own.asOf, reading],
    queryFn: ({ signal }) => loadWindow(own, 0, peek, signal),
    placeholderData: undefined,
  })
  if (error) return <ProblemNote error={error} what="These rows" onRetry={() => void refetch()} />
  if (!page) return <p className="late px-11 py-2 text-xs text-faint">Reading…</p>
  return (
    <ul className="pb-2 pl-10">
      {page.rows.map((row) => <PeekLine key={row.id} row={row} />)}
      {page.total > page.rows.length && (
        <li className="px-2 py-1 text-xs"><PageLink to={paths.exposures} search={{ q: group.query }} className="link target">All {count(page.total)}</PageLink></li>
      )}
    </ul>
  )
}

function PeekLine({ row }: { row: Row }) {
  return (
    <li>
      <PageLink to={paths.exposure(row.id)} className="grid grid-cols-[1.5rem_minmax(0,1fr)_4rem] items-center gap-2 rounded-md px-2 py-1 text-sm hover:bg-hover">
        <DecisionChip decision={decisionOf(row.decision)} short />
        <span className="min-w-0"><RowTitle row={row} /></span>
        <span className="text-right font-medium">{row.decision ? row.score : '–'}</span>
      </PageLink>
    </li>
  )
}
