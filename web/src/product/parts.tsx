import { paths } from '@/app/paths'
import { GateBars, gateSheet } from '@/charts/gate-bars'
import { shortName } from '@/exposures/row'
import { decisionOf } from '@/lib/decision'
import { count, plural } from '@/lib/format'
import { useAsOf } from '@/state/view'
import { DecisionChip } from '@/ui/mark'
import { PageLink } from '@/ui/page-link'
import { PanelFrame } from '@/ui/panel-frame'
import { StatNumber } from '@/ui/stat-number'
import { Age } from '@/ui/time'
import { type ProductDoc, tierWords } from './ask'
import { Score, ScoreLine } from './score'

interface Props {
  doc: ProductDoc
}

/** What it is, and how exposed as a whole. */
export function FactsPanel({ doc }: Props) {
  return (
    <PanelFrame id="facts" subject="The product" title="As a whole" computed={<p>The score of a product is that of all its live exposures together, from 0 to 1000. Words begin at 500 (Watch), 700 (Schedule) and 850 (Act now).</p>}>
      <Score score={doc.score} large />
      <div className="mt-2 mb-3"><ScoreLine score={doc.score} /></div>
      <dl className="grid grid-cols-[auto_minmax(0,1fr)] gap-x-4 gap-y-1.5 text-sm">
        <dt className="text-faint">Act now</dt><dd><StatNumber count={doc.act_now.count} to={paths.exposures} search={{ q: doc.act_now.query }} label="to act on now" className="justify-start!" /> of <StatNumber count={doc.exposures.count} to={paths.exposures} search={{ q: doc.exposures.query }} label="exposures" className="justify-start!" /> exposures</dd>
        <dt className="text-faint">Owner</dt><dd className="foreign">{doc.owner || <span className="text-dim italic">nobody; say it in the scope</span>}</dd>
        <dt className="text-faint">Without owner</dt><dd><StatNumber count={doc.unowned} to={paths.exposures} search={{ q: `${doc.exposures.query} owner:none`.trim() }} label="without an owner" className="justify-start!" /> exposures</dd>
        <dt className="text-faint">Importance</dt><dd className="first-letter:uppercase">{tierWords(doc.tier)}</dd>
        <dt className="text-faint">Data</dt><dd className="flex flex-wrap gap-1">{doc.data.length === 0 ? <span className="text-dim">none said</span> : doc.data.map((d) => <span key={d} className="rounded border border-edge px-1.5 text-xs leading-5 foreign">{d}</span>)}</dd>
      </dl>
    </PanelFrame>
  )
}

export function ProductGates({ doc }: Props) {
  const [first, last] = [doc.bars[0]?.through.count ?? 0, doc.bars.at(-1)?.through.count ?? 0]
  return (
    <PanelFrame id="gates" subject="What survives each gate" title={`${count(last)} of ${count(first)} survive every gate`} note="Unknown counts as yes and stays hatched." sheet={gateSheet(doc.bars)}>
      <GateBars bars={doc.bars} to={paths.exposures} />
    </PanelFrame>
  )
}

/** Where the internet comes in. */
export function DoorsPanel({ doc }: Props) {
  return (
    <PanelFrame id="doors" subject="Public doors" title={doc.doors.length === 0 ? 'No public door is declared' : plural(doc.doors.length, 'public door')} sheet={{ head: ['Address', 'Service', 'Environment', 'Via'], rows: doc.doors.map((d) => [d.address, d.service, d.environment, d.via ?? '']) }}>
      {doc.doors.length === 0 ? <p className="text-sm text-dim">That is what the manifests and records say; it does not prove that there is none.</p> : (
        <ul className="flex flex-col gap-1 text-sm">
          {doc.doors.map((d, i) => (
            <li key={i} className="flex flex-wrap items-baseline gap-x-2">
              <code className="text-xs foreign">{d.address}</code>
              <span className="text-faint">to</span> <PageLink to={paths.service(d.service)} className="row-link">{d.service}</PageLink> <span className="text-xs text-faint">{d.environment}{d.via && `, ${d.via}`}</span>
            </li>
          ))}
        </ul>
      )}
    </PanelFrame>
  )
}

/** What to do here, the most urgent first. */
export function ActionsPanel({ doc }: Props) {
  const at = useAsOf()
  return (
    <PanelFrame id="actions" subject="Actions" flush title={doc.actions.length === 0 ? 'Nothing is to be done' : `${plural(doc.actions.length, 'action')} to begin with`}>
      <ul>
        {doc.actions.map((a) => (
          <li key={a.id} className="flex flex-wrap items-center gap-x-2.5 border-t border-hairline px-4 py-1.5 text-sm bar:flex-nowrap">
            <DecisionChip decision={decisionOf(a.decision)} short />
            <PageLink to={paths.action(a.id)} className="row-link"><span className="truncate">{a.target ? `Upgrade ${shortName(a.component)} to ${a.target}` : `Replace or contain ${shortName(a.component)}`} <span className="font-normal text-dim">in {a.service}</span></span></PageLink>
            <span className="shrink-0 text-xs text-faint max-bar:pl-6 bar:ml-auto">closes {count(a.open)} · {a.due ? <>due <Age at={a.due} from={at} /></> : 'no deadline'}</span>
          </li>
        ))}
      </ul>
    </PanelFrame>
  )
}
