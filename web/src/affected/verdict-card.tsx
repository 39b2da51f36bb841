import { EyeOff, SearchX } from 'lucide-react'
import { cx } from '@/lib/class-names'
import { duration, utc } from '@/lib/format'
import { useNow } from '@/state/now'
import { ShapeMark } from '@/ui/mark'
import type { AffectedDoc } from './ask'
import { coverageWords, oldestWords, type Verdict, verdictOf, verdictWords, withoutCoverage } from './verdict'

function Sign({ verdict }: { verdict: Verdict }) {
  if (verdict === 'affected-running') return <ShapeMark shape="hexagon" className="text-act" size={28} />
  if (verdict === 'affected-not-running') return <ShapeMark shape="diamond" className="text-watch" size={28} />
  if (verdict === 'not-found') return <SearchX size={26} aria-hidden="true" className="text-fewer" />
  return <EyeOff size={26} aria-hidden="true" className="text-dim" />
}

const states: Record<Verdict, string> = {
  'affected-running': 'ready', 'affected-not-running': 'ready', 'not-found': 'done', 'cannot-say': 'blind',
}

interface Props {
  doc: AffectedDoc
  /** "Then" and "Now", where two stand beside each other. */
  when?: string
  small?: boolean
}

/** The answer in large words, and under it how far was looked. */
export function VerdictCard({ doc, when, small = false }: Props) {
  const now = useNow()
  const verdict = verdictOf(doc.verdict)
  const [word, rest] = verdictWords(doc.verdict)
  const { oldest } = doc.coverage
  const asOf = new Date(doc.as_of)
  const reference = Math.abs(now.getTime() - asOf.getTime()) < 120_000 ? now : asOf
  const age = oldest === null ? '' : duration((reference.getTime() - new Date(oldest).getTime()) / 1000)
  return (
    <section
      aria-label={when ? `Verdict, ${when}` : 'Verdict'} data-testid={when ? `verdict-${when.toLowerCase()}` : 'verdict'} data-verdict={verdict} data-state={states[verdict]}
      className={cx('flex min-w-0 items-start gap-4 rounded-xl border bg-surface px-5 py-4', verdict === 'affected-running' ? 'border-act' : 'border-edge')}
    >
      <span className={cx('mt-1 shrink-0 rounded-md', verdict === 'cannot-say' && 'hatched p-1')}>
        <span className={verdict === 'cannot-say' ? 'block rounded bg-surface p-1' : ''}><Sign verdict={verdict} /></span>
      </span>
      <div className="min-w-0">
        {when && <p className="eyebrow">{when}, {utc(asOf)}</p>}
        <p role="status" className={cx('font-semibold tracking-tight text-balance', small ? 'text-xl' : 'text-2xl')}>{word} <span className="font-normal text-dim">– {rest}</span></p>
        <p className="mt-1 text-base foreign">{withoutCoverage(doc.sentence)}</p>
        <p className="mt-1 text-sm text-dim" data-testid="coverage" data-searched={doc.coverage.searched} data-total={doc.coverage.total}>
          {coverageWords(doc, oldestWords(oldest, age))}
        </p>
      </div>
    </section>
  )
}
