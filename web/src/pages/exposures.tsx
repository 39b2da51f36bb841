import { lazy, Suspense, useMemo } from 'react'
import { defaultSort } from '@/exposures/ask'
import { useDeciding } from '@/exposures/deciding'
import { ExportMenu } from '@/exposures/export-menu'
import { exposureColumns } from '@/exposures/columns'
import { Facets } from '@/exposures/facets'
import { useNews } from '@/exposures/fresh'
import { ExposureList, type ListState, NewsBar } from '@/exposures/list'
import { useList } from '@/exposures/use-list'
import { FilterButton, GroupPick, ViewMenu } from '@/exposures/view-menu'
import { cx } from '@/lib/class-names'
import { count } from '@/lib/format'
import { useView } from '@/state/view'
import { ColumnMenu } from '@/table/column-menu'
import { QueryBox } from '@/table/query-box'
import { Page } from '@/ui/page'

// Beside the list when a row is opened; not needed to see the list.
const ExposurePane = lazy(() => import('@/exposure/pane').then((m) => ({ default: m.ExposurePane })))

const defaults: Record<keyof ListState, string> = { q: '', sort: defaultSort, cols: '', group: '', sel: '' }

export function Exposures() {
  const [view, set] = useView(defaults)
  const deciding = useDeciding()
  const news = useNews(true)
  const list = useList(view.q, view.sort, news.reading)
  const columns = useMemo(() => exposureColumns(list.at), [list.at])
  const setQuery = (q: string) => set({ q, sel: '' })
  const open = view.sel !== ''
  const actions = (
    <>
      <ViewMenu q={view.q} onQuery={setQuery} />
      <FilterButton counted={list.counted} ask={list.ask} q={view.q} onQuery={setQuery} always={open} />
      <GroupPick group={view.group} onGroup={(group) => set({ group, sel: '' })} />
      <span className="max-bar:hidden"><ColumnMenu columns={columns} cols={view.cols} onCols={(cols) => set({ cols })} /></span>
      <ExportMenu ask={list.ask} total={list.rows.total} />
    </>
  )
  return (
    <Page page="Exposures" question="Which of these matter, and what do we decide?" full actions={actions}
      foot={{ asOf: list.moment || null, rows: list.rows.total }}>
      <div className="mb-3 flex flex-wrap items-start gap-x-3 gap-y-1">
        <QueryBox value={view.q} onChange={setQuery} error={list.counted.refusal} />
        <Total shown={list.rows.total} all={list.all} busy={list.rows.busy || list.rows.loading} />
      </div>
      <NewsBar news={news} />
      {deciding.element}
      <div className="relative flex h-[calc(100dvh-13.5rem)] min-h-96 gap-4">
        <aside aria-label="Filters" className={cx('w-44 shrink-0 overflow-y-auto max-rail:hidden', open && 'hidden')}>
          <Facets counted={list.counted} ask={list.ask} q={view.q} onQuery={setQuery} />
        </aside>
        <div className={cx('flex min-w-0 grow', open && 'rail:w-[26rem] rail:shrink-0 rail:grow-0')}>
          <ExposureList view={view} set={set} list={list} deciding={deciding} news={news} />
        </div>
        {open && (
          <Suspense fallback={<div className="min-w-0 grow rounded-xl border border-edge bg-canvas" />}>
            <ExposurePane id={view.sel} deciding={deciding} onClose={() => set({ sel: '' })} />
          </Suspense>
        )}
      </div>
    </Page>
  )
}

function Total({ shown, all, busy }: { shown: number; all: number | undefined; busy: boolean }) {
  const of = all !== undefined && all !== shown ? ` of ${count(all)}` : ''
  return (
    <p className="flex h-8 items-center text-sm whitespace-nowrap text-dim" data-testid="total" data-total={shown} aria-live="polite">
      <span>{busy && '≈ '}<b className="font-semibold text-ink">{count(shown)}</b>{of}</span>
    </p>
  )
}
