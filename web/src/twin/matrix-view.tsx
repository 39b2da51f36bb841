import { paths } from '@/app/paths'
import { pageOf } from '@/entity/ask'
import { type Change, changeSigns, changeWords } from '@/graph/model'
import { SpreadMatrix } from '@/charts/spread-matrix'
import { cx } from '@/lib/class-names'
import { decisionOf, decisionWords } from '@/lib/decision'
import { count, plural } from '@/lib/format'
import { Button } from '@/ui/button'
import { DecisionChip } from '@/ui/mark'
import { PageLink } from '@/ui/page-link'
import { PanelFrame } from '@/ui/panel-frame'
import { StatNumber } from '@/ui/stat-number'
import type { ReactNode } from 'react'
import type { MatrixCell, MatrixRow, useMatrix } from './ask'
import { AnswerMark, FreshMark } from './marks'
import { answerWords, cellWords, isBlind } from './words'

/** One service in one environment: the worst decision with its number, and what is not seen. */
export function Cell({ cell, service, environment, lens = 'exposure', change }: { cell: MatrixCell; service: string; environment: string; lens?: string; change?: Change | undefined }) {
  const absent = cell.running === '' && cell.exposures.count === 0 && change === undefined
  if (absent) return <span className="text-faint" title={cellWords(service, environment, cell)}>·<span className="sr-only">not here</span></span>
  if (lens === 'freshness') return <span title={cellWords(service, environment, cell)}><FreshMark value={cell.freshness || 'none'} /></span>
  if (lens === 'owner') return <AnswerMark kind="running" value={cell.running || 'unknown'} />
  if (lens === 'change') return change ? <PageLink {...pageOf({ kind: 'Workload', scope: environment, name: service })} className="row-link" data-change={change}>{changeSigns[change]} {changeWords[change]}</PageLink> : <span className="text-faint">same</span>
  const blind = isBlind(cell)
  return (
    <span className="inline-flex items-center gap-2" title={cellWords(service, environment, cell)} data-cell={`${service}/${environment}`} data-blind={blind || undefined}>
      {cell.exposures.count > 0 ? (
        <>
          <DecisionChip decision={decisionOf(cell.decision)} short />
          <StatNumber count={cell.exposures.count} to={paths.exposures} search={{ q: cell.exposures.query }} label={`exposures of ${service} in ${environment}, the most urgent: ${decisionWords[decisionOf(cell.decision)]}`} />
        </>
      ) : (
        <span className="text-dim">{blind ? 'cannot say' : 'none'}</span>
      )}
      {cell.reachable === 'yes' && <AnswerMark kind="reachable" value="yes" wordless />}
      {cell.sbom !== 'yes' && cell.running !== '' && <span className="mark hatched size-2.5 rounded-xs border border-control" title={`Contents: ${answerWords('sbom', cell.sbom || 'no').toLowerCase()}`}><span className="sr-only">contents not all known</span></span>}
      {cell.freshness !== 'fresh' && cell.freshness !== '' && <FreshMark value={cell.freshness} word="" />}
    </span>
  )
}

function Legend() {
  const item = (mark: ReactNode, words: string) => <span className="inline-flex items-center gap-1.5">{mark}{words}</span>
  return (
    <p className="flex flex-wrap items-center gap-x-4 gap-y-1.5">
      <span>Number: live exposures, with the mark of the most urgent decision</span>
      {item(<AnswerMark kind="reachable" value="yes" wordless />, 'reachable from the internet')}
      {item(<span className="mark hatched size-2.5 rounded-xs border border-control" />, 'contents not all known')}
      {item(<FreshMark value="stale" word="" />, 'evidence is stale')}
      {item(<span>·</span>, 'not here')}
    </p>
  )
}

export function matrixSheet(environments: string[], rows: MatrixRow[]) {
  return {
    head: ['service', 'owner', 'products', ...environments],
    rows: rows.map((r) => [r.service, r.owner, r.products.join(' '), ...r.cells.map((c) => (c.running === '' && c.exposures.count === 0 ? null : c.exposures.count))]),
  }
}

/** Services by environments. */
export function MatrixView({ list, empty, lens = 'exposure', note, changes }: { list: ReturnType<typeof useMatrix>; empty: ReactNode; lens?: string; note?: string | undefined; changes?: ReadonlyMap<string, Change> }) {
  const environments = list.items[0]?.environments ?? []
  const title = list.loading ? 'Services by environments' : `${plural(list.total, 'service')} in ${plural(environments.length, 'environment')}`
  return (
    <PanelFrame
      id="matrix" subject="The matrix" title={title} loading={list.loading} waiting="Counting the exposures of each service…" error={list.loaded === 0 ? list.error : undefined} onRetry={list.retry}
      busy={list.busy} note={note} sheet={matrixSheet(environments, list.items)} computed={<p>Each number is the total of the list behind it: live exposures of that service in that environment.</p>}
    >
      {list.loaded === 0 ? empty : (
        <>
          <SpreadMatrix
            label="Services by environments" rowsAre="Service" columns={environments} legend={lens === 'exposure' ? <Legend /> : undefined}
            rows={list.items.map((r) => ({ name: r.service, cells: r.cells, head: <RowHead row={r} /> }))}
            cell={(c, service, environment) => <Cell cell={c} service={service} environment={environment} lens={lens} change={changes?.get(`${service}/${environment}`)} />}
          />
          {list.more && (
            <p className="mt-3 flex items-center gap-3 text-xs text-faint">
              <Button small onClick={list.more} disabled={list.fetching}>{list.fetching ? 'Reading…' : 'Show more services'}</Button>
              Showing {count(list.loaded)} of {count(list.total)}.
            </p>
          )}
        </>
      )}
    </PanelFrame>
  )
}

function RowHead({ row }: { row: MatrixRow }) {
  return (
    <span className="block min-w-32">
      <PageLink to={paths.service(row.service)} className="row-link max-w-full"><span className="truncate">{row.service}</span></PageLink>
      <span className={cx('block truncate text-xs font-normal', row.owner ? 'text-faint' : 'text-dim italic')}>{row.owner || 'No owner'}</span>
    </span>
  )
}
