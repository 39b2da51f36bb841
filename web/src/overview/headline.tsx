import { paths } from '@/app/paths'
import { VerdictChip } from '@/charts/verdict-chip'
import { PageLink } from '@/ui/page-link'
import { StatNumber } from '@/ui/stat-number'
import type { OverviewDoc } from './ask'

const directions = new Set(['rising', 'falling', 'stable'])

/** The page in one sentence; each number in it opens what it counts. */
export function Headline({ doc }: { doc: OverviewDoc }) {
  if (doc.state === 'first-run') return <>Nothing is connected yet.</>
  const act = doc.act_now
  const verdict = directions.has(doc.verdict.word)
  return (
    <span data-testid="sentence">
      {doc.state === 'blind' && <>We cannot say how things stand. As far as is known, </>}
      {act.count === 0 ? <>{doc.state === 'blind' ? 'nothing' : 'Nothing'} needs action now</> : (
        <><Number link={act} label="exposures need action now" /> {act.count === 1 ? 'exposure needs' : 'exposures need'} action now</>
      )}
      {verdict && <>; open exposures are <b className="font-semibold">{doc.verdict.word}</b></>}
      {doc.late.count > 0 && <>; <Number link={doc.late} label="exposures are late" /> {doc.late.count === 1 ? 'is' : 'are'} late</>}
      {doc.state === 'done' && doc.watched.count > 0 && <>; <Number link={doc.watched} label="exposures are watched" /> {doc.watched.count === 1 ? 'is' : 'are'} watched</>}
      .
    </span>
  )
}

function Number({ link, label }: { link: { count: number; query: string }; label: string }) {
  return <StatNumber count={link.count} to={paths.exposures} search={{ q: link.query }} label={label} size="title" className="min-w-0!" />
}

/** Where not all products may be seen, the page says of how many it speaks. */
export function Visible({ doc }: { doc: OverviewDoc }) {
  const { products, of } = doc.visible
  if (products >= of) return null
  return (
    <p data-testid="visible" className="mb-3 rounded-lg border border-edge bg-sunken px-4 py-2 text-sm">
      You see {products} of {of} products. Numbers speak of those alone; an administrator can <PageLink to={paths.settings('users')} className="link">show you more</PageLink>.
    </p>
  )
}

export function VerdictOf({ doc }: { doc: OverviewDoc }) {
  return <VerdictChip word={doc.verdict.word} rule={doc.verdict.rule} />
}
