import { type MouseEvent } from 'react'
import { decisionOf, decisionWords, severityOf } from '@/lib/decision'
import { DecisionChip, SeverityMark } from '@/ui/mark'
import { Time } from '@/ui/time'
import { componentWords, isExcepted } from '@/exposures/row'
import { pieces } from './sentence'
import type { PageDoc } from './use-page'

/** The name of the exposure with its decision and score. */
export function Title({ doc }: { doc: PageDoc }) {
  const e = doc.exposure
  const withdrawn = e.state === 'withdrawn'
  return (
    <span className="flex flex-wrap items-center gap-x-3 gap-y-1">
      <DecisionChip decision={decisionOf(e.decision)} />
      <span className={withdrawn ? 'line-through' : ''}>{componentWords(e)}</span>
      {e.decision !== '' && <span className="text-base font-normal text-dim">score <b className="font-semibold text-ink" data-testid="score" data-score={e.score}>{e.score}</b></span>}
    </span>
  )
}

/** Identity and standing, in small marks. */
export function Marks({ doc }: { doc: PageDoc }) {
  const e = doc.exposure
  const tag = 'rounded border border-edge px-1.5 leading-5 whitespace-nowrap'
  return (
    <p className="flex flex-wrap items-center gap-x-2 gap-y-1 text-xs text-dim" data-testid="marks">
      <code>{e.id}</code>
      <span className={tag}>{e.weakness}</span>
      {e.severity && <SeverityMark severity={severityOf(e.severity)} short={false} />}
      <span className={tag} data-state={e.state}>{e.state}{e.since && <> since <Time at={e.since} dateOnly /></>}</span>
      {e.regressions > 0 && <span className={`${tag} border-more font-medium text-more`} data-testid="regressed">came back {e.regressions === 1 ? 'once' : `${e.regressions} times`} after a fix</span>}
      {isExcepted(e) && <span className={`${tag} font-medium`} data-testid="excepted">excepted</span>}
      {e.kind === 'malicious' && <span className={`${tag} border-more font-medium text-more`}>malicious package</span>}
      {e.freshness === 'stale' && <span className={`${tag} hatched`}><span className="bg-surface px-0.5">evidence is stale</span></span>}
    </p>
  )
}

interface SentenceProps {
  doc: PageDoc
  /** Goes to a part of the page, whichever tab it is on. */
  onGo: (target: string) => void
}

/** Why it is decided so, in one sentence; each reason leads to its evidence. */
export function Sentence({ doc, onGo }: SentenceProps) {
  const { sentence, decision } = doc.explanation
  const word = decision ? decisionWords[decisionOf(decision)] : ''
  const go = (target: string) => (event: MouseEvent) => {
    event.preventDefault()
    onGo(target)
  }
  return (
    <p data-testid="sentence" className="max-w-4xl text-lg text-pretty foreign">
      {pieces(sentence).map((piece, i) => {
        if (piece.target) return <a key={i} href={`#${piece.target}`} onClick={go(piece.target)} className="font-medium underline decoration-control decoration-1 underline-offset-4 hover:decoration-current">{piece.text}</a>
        if (i === 0 && word && piece.text.startsWith(word)) return <span key={i}><b className="font-semibold">{word}</b>{piece.text.slice(word.length)}</span>
        return <span key={i}>{piece.text}</span>
      })}
    </p>
  )
}
