import { EvidenceLadder } from '@/evidence/evidence-ladder'
import { factorSheet, Waterfall } from '@/evidence/waterfall'
import { answerOf } from '@/lib/decision'
import { plural } from '@/lib/format'
import { PanelFrame } from '@/ui/panel-frame'
import { Around } from './around'
import type { PageDoc } from './use-page'

const ladderSheet = (doc: PageDoc) => ({
  head: ['Gate', 'Verdict', 'Evidence', 'Source', 'Age in seconds'],
  rows: doc.rungs.map((r) => [r.gate, r.verdict, r.line, r.source, r.age]),
})

function ladderTitle(doc: PageDoc): string {
  const count = (answer: string) => doc.rungs.filter((r) => answerOf(r.verdict) === answer).length
  const [yes, no, unknown] = [count('yes'), count('no'), count('unknown')]
  const parts = [`${yes} of ${doc.rungs.length} hold`]
  if (unknown > 0) parts.push(`${unknown} not known`)
  if (no > 0) parts.push(`${no} do not`)
  return parts.join(', ')
}

/** A line to read: the tab of evidence has the digests in full. */
function withoutDigests(line: string): string {
  return line.replaceAll(/(sha\d+:[0-9a-f]{8})[0-9a-f]{20,}/g, '$1…')
}

/** The evidence, rung by rung, and the score, part by part. */
export function Why({ doc }: { doc: PageDoc }) {
  const x = doc.explanation
  const assumed = x.factors.filter((f) => f.assumed).length
  const [worst] = [...x.factors].sort((a, b) => a.points - b.points)
  const cost = worst && worst.points < 0 ? `; ${worst.name} takes most off it` : ''
  return (
    <div className="flex flex-col gap-4">
      <PanelFrame id="ladder" subject="Evidence" title={ladderTitle(doc)} note="From what was found to why it matters. Unknown counts as yes until something says otherwise." sheet={ladderSheet(doc)}>
        <EvidenceLadder rungs={doc.rungs.map((r) => ({ ...r, line: withoutDigests(r.line) }))} broken={(rung) => `Not ${rung.gate}: this gate keeps it from passing the funnel.`} />
      </PanelFrame>
      <Around doc={doc} />
      {x.factors.length > 0 && (
        <PanelFrame id="score" subject="The score" title={`${x.score} of 1000${cost}`}
          note={`80 % sure that it lies between ${x.low} and ${x.high}. Evidence ${x.grade}. ${assumed === 0 ? 'Nothing is assumed.' : `${plural(assumed, 'input')} of ${x.factors.length} assumed.`}`}
          sheet={factorSheet(x.factors)} computed={<Computed rules={x.rules} />}>
          <Waterfall factors={x.factors} score={x.score} rules={x.rules} />
          {x.question && (x.question_points ?? 0) > 0 && (
            <p className="mt-3 rounded-lg bg-sunken px-3 py-2 text-sm"><b className="font-semibold">What would settle it:</b> knowing <span className="lowercase">{x.question}</span> could move the score by up to {x.question_points}.</p>
          )}
        </PanelFrame>
      )}
    </div>
  )
}

function Computed({ rules }: { rules: string }) {
  return (
    <>
      <p>Each part adds or takes points; together they are the score, 0 to 1000. From 850 it is in the highest band, then 700 and 500.</p>
      <p>A part without evidence is assumed at its cautious value and drawn hatched.</p>
      <p>Rules {rules}.</p>
    </>
  )
}
