import { useMemo } from 'react'
import { paths } from '@/app/paths'
import { useNarrow } from '@/exposures/use-narrow'
import { decisionOf } from '@/lib/decision'
import type { Column } from '@/table/columns'
import { KeysetTable } from '@/table/keyset-table'
import { useOpenPage } from '@/twin/lists'
import { DecisionChip } from '@/ui/mark'
import { PageLink } from '@/ui/page-link'
import { type useActions } from './ask'
import { type Action, closesWords, exposuresSearch, removedWords, titleOf } from './model'
import { MoveMenu } from './move-menu'
import type { Moving } from './moving'
import { Clock, Owner, RegressedChip, StateChip } from './parts'

function actionColumns(moving: Moving, barred: string): Column<Action>[] {
  return [
    { id: 'decision', head: 'Decision', name: 'Decision', width: '7rem', cell: (a) => (a.open > 0 ? <DecisionChip decision={decisionOf(a.decision)} /> : <span className="text-faint">–</span>) },
    {
      id: 'title', head: 'What to do', name: 'What to do, and where', width: 'minmax(16rem, 1fr)', fixed: true,
      cell: (a) => (
        <>
          <PageLink to={paths.action(a.id)} className="row-link max-w-full"><span className="truncate">{titleOf(a)}</span></PageLink>
          <span className="block truncate text-xs text-faint">{a.id} · {a.environments.join(', ') || 'nowhere now'}</span>
        </>
      ),
    },
    { id: 'state', head: 'State', name: 'State', width: '11rem', cell: (a) => <span className="flex flex-wrap items-center gap-1"><StateChip state={a.state} /><RegressedChip times={a.reopened} /></span> },
    { id: 'owner', head: 'Owner', name: 'Owner', width: '9rem', cell: (a) => <Owner owner={a.owner} /> },
    { id: 'due', head: 'Due', name: 'Due', width: '7rem', cell: (a) => <Clock action={a} /> },
    { id: 'closes', head: 'Closes', name: 'Exposures that it closes', width: '10.5rem', cell: (a) => <PageLink to={paths.exposures} search={{ q: exposuresSearch(a) }} data-count={a.exposures.length} className="link target">{closesWords(a)}</PageLink> },
    { id: 'score', head: 'Score', name: 'What it takes off, together', width: '9rem', cell: (a) => <span className="text-dim">{removedWords(a)}</span> },
    { id: 'menu', head: '', name: 'Move or assign', width: '3rem', cell: (a) => <MoveMenu action={a} moving={moving} barred={barred} /> },
  ]
}

interface Props {
  list: ReturnType<typeof useActions>
  moving: Moving
  barred: string
  rowsOf: string
  empty: React.ReactNode
}

export function ActionList({ list, moving, barred, rowsOf, empty }: Props) {
  const narrow = useNarrow()
  const open = useOpenPage()
  const columns = useMemo(() => {
    const all = actionColumns(moving, barred)
    return narrow ? all.filter((c) => c.id === 'title' || c.id === 'menu').map((c) => (c.id === 'title' ? { ...c, width: 'minmax(12rem, 1fr)' } : c)) : all
  }, [moving, barred, narrow])
  return <KeysetTable label="Actions" list={list} columns={columns} rowKey={(a) => a.id} rowsOf={rowsOf} lines={2} onOpen={(a) => open(paths.action(a.id))} empty={empty} />
}
