import { answerOf } from '@/lib/decision'
import { cx } from '@/lib/class-names'
import { answerWords } from './words'

const fills = { yes: 'bg-ramp-1 border-ramp-1', no: 'border-control', unknown: 'border-control hatched' }

/** An answer with its word: filled is yes, hollow is no, hatched is unknown. */
export function AnswerMark({ kind, value, wordless = false }: { kind: 'running' | 'reachable'; value: string; wordless?: boolean }) {
  const word = answerWords(kind, value)
  return (
    <span className="inline-flex items-center gap-1.5 bar:whitespace-nowrap" data-answer={answerOf(value)} title={wordless ? word : undefined}>
      <span aria-hidden="true" className={cx('mark size-2.5 shrink-0 rounded-full border-[1.5px]', fills[answerOf(value)])} />
      <span className={wordless ? 'sr-only' : undefined}>{word}</span>
    </span>
  )
}

/** Whether the contents of the images are known. */
export function SbomMark({ value }: { value: string }) {
  const fill = value === 'yes' ? fills.yes : value === 'no' ? fills.unknown : 'border-ramp-1 bg-linear-to-r from-ramp-1 from-50% to-transparent to-50%'
  return (
    <span className="inline-flex items-center gap-1.5 whitespace-nowrap" data-sbom={value}>
      <span aria-hidden="true" className={cx('mark size-2.5 shrink-0 rounded-xs border-[1.5px]', fill)} />
      {answerWords('sbom', value)}
    </span>
  )
}

const fresh: Record<string, string> = {
  fresh: 'bg-ramp-2 border-ramp-2', stale: 'hatched border-more', unknown: 'hatched border-control', none: 'border-control',
}

export function FreshMark({ value, word }: { value: string; word?: string }) {
  return (
    <span className={cx('inline-flex items-center gap-1.5 whitespace-nowrap', value === 'stale' && 'font-medium text-more')} data-fresh={value}>
      <span aria-hidden="true" className={cx('mark size-2.5 shrink-0 rounded-full border', fresh[value] ?? fresh['unknown'])} />
      {word ?? answerWords('freshness', value)}
    </span>
  )
}
