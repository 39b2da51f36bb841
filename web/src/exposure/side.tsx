import type { ReactNode } from 'react'
import { paths } from '@/app/paths'
import { cx } from '@/lib/class-names'
import { decisionOf, decisionWords } from '@/lib/decision'
import { useAsOf } from '@/state/view'
import { useNow } from '@/state/now'
import { PageLink } from '@/ui/page-link'
import { PanelFrame } from '@/ui/panel-frame'
import { Time } from '@/ui/time'
import { dueWords } from '@/exposures/row'
import { Approval } from './approval'
import type { PageDoc } from './use-page'

function Line({ name, children, rule }: { name: string; children: ReactNode; rule?: ReactNode }) {
  return (
    <div className="grid grid-cols-[5rem_minmax(0,1fr)] gap-x-3">
      <dt className="text-sm text-faint">{name}</dt>
      <dd className="min-w-0 text-sm">
        <div className="foreign">{children}</div>
        {rule && <p className="mt-0.5 text-xs text-faint foreign" data-testid={`${name.toLowerCase()}-rule`}>{rule}</p>}
      </dd>
    </div>
  )
}

/** What was decided, whose it is, and by when; each with the rule that says so. */
export function Decided({ doc, mine, narrow }: { doc: PageDoc; mine: boolean; narrow: boolean }) {
  const e = doc.exposure
  const x = doc.explanation
  const at = useAsOf()
  const now = useNow()
  const due = dueWords(e, at ?? now)
  const byRules = e.decided_by === 'rules' || e.decided_by === ''
  const differs = e.decision !== e.computed_decision
  return (
    <PanelFrame id="decided" subject="The decision" title={decidedTitle(doc)}>
      <dl className={cx('grid gap-x-8 gap-y-2.5', narrow && 'wide:grid-cols-2')}>
        <Line name="Decision" rule={byRules ? `by the rules, ${x.rules || 'no version'}` : `by ${e.decided_by}${differs ? `; the rules say ${e.computed_decision}` : ', as the rules say'}`}>
          <b className="font-semibold">{decisionWords[decisionOf(e.decision)]}</b>
        </Line>
        <Line name="Owner" rule={e.owner ? (e.owner_rule ? `because of: ${e.owner_rule}` : 'the rule is not known') : 'neither the scope nor a person names one'}>
          {e.owner ? <b className="font-semibold">{e.owner}</b> : <span className="text-dim italic">No owner — assign{mine && ' (a)'}</span>}
        </Line>
        <Line name="Due" rule={x.deadline.row ? `rule: ${x.deadline.row}${x.deadline.table ? ` (${x.deadline.table})` : ''}` : 'no row of the deadline table applies'}>
          {e.deadline ? <><Time at={e.deadline} dateOnly />{due.words && <span className={due.late ? 'font-semibold text-more' : 'text-dim'}> · {due.words}</span>}</> : <span className="text-dim">no deadline</span>}
        </Line>
        {doc.action && (
          <Line name="Action" rule={doc.action.due ? <>due <Time at={doc.action.due} dateOnly /></> : undefined}>
            <PageLink to={paths.action(doc.action.id)} className="link">{doc.action.id}</PageLink> <span className="text-dim">{doc.action.state}</span>
          </Line>
        )}
      </dl>
      <Approval doc={doc} />
    </PanelFrame>
  )
}

function decidedTitle(doc: PageDoc): string {
  const e = doc.exposure
  if (e.decision === '') return 'Not decided yet'
  const who = e.decided_by === 'rules' || e.decided_by === '' ? 'the rules' : e.decided_by
  return `${e.decision}, as decided by ${who}`
}

/** Which row of the table set the deadline, and on what it looked. */
export function DeadlinePanel({ doc }: { doc: PageDoc }) {
  const { deadline } = doc.explanation
  if (deadline.inputs.length === 0) return null
  const assumed = deadline.inputs.filter((i) => i.assumed).length
  const sheet = { head: ['Input', 'Value', 'Source', 'Assumed'], rows: deadline.inputs.map((i) => [i.name, i.value, i.source, i.assumed ? 'yes' : 'no']) }
  return (
    <PanelFrame id="deadline" subject="The deadline" sheet={sheet} title={deadline.row ? `Row “${deadline.row}”` : 'No row applies'}
      note={`${deadline.table ? `Table ${deadline.table}. ` : ''}${assumed === 0 ? 'Nothing is assumed.' : `${assumed} of ${deadline.inputs.length} inputs assumed.`}`}>
      <ul className="text-sm">
        {deadline.inputs.map((input) => (
          <li key={input.name} className="grid grid-cols-[minmax(0,2fr)_minmax(0,3fr)] gap-x-3 border-b border-hairline py-1.5 last:border-0">
            <span className="text-dim">{input.name}</span>
            <span className="min-w-0 foreign"><b className="font-medium">{input.value || '–'}</b> <span className="text-xs text-faint">{input.assumed ? 'assumed: no evidence' : input.source}</span></span>
          </li>
        ))}
      </ul>
    </PanelFrame>
  )
}
