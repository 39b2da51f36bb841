import type { Drift } from '@/twin/wire'
import { PanelFrame } from '@/ui/panel-frame'
import { Time } from '@/ui/time'
import { plural } from '@/lib/format'
import { cx } from '@/lib/class-names'
import { shortId } from './words'

const checks: Record<string, string> = { built: 'Built by a pipeline', declared: 'As declared', tag: 'Its tag stayed', inventory: 'SBOM fits what is loaded' }
const words: Record<string, string> = { yes: 'Drifted', no: 'No drift', unknown: 'Not known' }
const fills: Record<string, string> = { yes: 'bg-more border-more', no: 'border-control', unknown: 'hatched border-control' }

/** Whether what runs is what was meant to run. */
export function DriftPanel({ list }: { list: Drift[] }) {
  const drifted = list.filter((d) => d.answer === 'yes').length
  const unknown = list.filter((d) => d.answer === 'unknown').length
  const title = drifted > 0 ? `${plural(drifted, 'answer')} of ${list.length} say that it drifted` : unknown === list.length ? 'Whether it drifted is not known' : `No drift is known${unknown > 0 ? `, ${unknown} of ${list.length} not known` : ''}`
  return (
    <PanelFrame id="drift" subject="Drift" title={title} sheet={{ head: ['check', 'answer', 'container', 'image', 'sentence', 'since'], rows: list.map((d) => [d.check, d.answer, d.container, d.image, d.sentence, d.since]) }}>
      <ul className="flex flex-col text-sm">
        {list.map((d, i) => (
          <li key={i} data-drift={d.check} data-answer={d.answer} className="border-b border-hairline py-1.5 last:border-0">
            <span className="flex flex-wrap items-center gap-x-3">
              <span className="font-medium">{checks[d.check] ?? d.check}</span>
              <span className="inline-flex items-center gap-1.5"><span aria-hidden="true" className={cx('mark size-2.5 rounded-full border-[1.5px]', fills[d.answer] ?? fills['unknown'])} />{words[d.answer] ?? d.answer}</span>
              {d.container && <span className="text-xs text-faint foreign">{d.container}</span>}
              {d.since && <span className="ml-auto text-xs text-faint">since <Time at={d.since} dateOnly /></span>}
            </span>
            <span className="block text-dim foreign">{d.sentence}</span>
            {d.evidence.length > 0 && <ul className="text-xs text-faint">{d.evidence.map((e, j) => <li key={j} className="foreign">{e.source}{e.at && <> · <Time at={e.at} dateOnly /></>}: {shortId(e.says)}</li>)}</ul>}
          </li>
        ))}
      </ul>
    </PanelFrame>
  )
}
