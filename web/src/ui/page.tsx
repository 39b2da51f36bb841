import { type ReactNode, useEffect } from 'react'
import { plural, utc } from '@/lib/format'
import { useNow } from '@/state/now'
import { useAsOf } from '@/state/view'

interface Props {
  /** The page: "Exposures". */
  page: string
  /** What it is about, when it is about one thing: "EXP-1042". */
  object?: string
  /** The question that the page answers, under its title. */
  question?: string
  /** In place of object or page, where the title is more than a word. */
  title?: ReactNode
  /** Buttons at the right of the title. */
  actions?: ReactNode
  /** The strip at the foot; leave out what is not known. */
  foot?: FootProps
  /** Use the whole width and height: for lists that scroll in themselves. */
  full?: boolean
  /** False until the first answer: what stands in its place is then put away whole, and nothing of it moves. */
  arrived?: boolean
  children: ReactNode
}

/** What every page has: its name in the window, its title with its question, and the strip at its foot. */
export function Page({ page, object, question, title, actions, foot, full = false, arrived = true, children }: Props) {
  useEffect(() => {
    document.title = [object, page, 'tidemark'].filter(Boolean).join(' · ')
  }, [object, page])
  return (
    <div className={full ? 'flex min-h-0 grow flex-col' : 'foot-waits mx-auto flex w-full max-w-[100rem] grow flex-col'} data-testid="page">
      <header className="flex flex-wrap items-end justify-between gap-x-6 gap-y-2 px-6 pt-5 pb-4 max-bar:px-4">
        <div className="min-w-[min(100%,24rem)] flex-1">
          <h1 tabIndex={-1} id="page-title" className="text-xl font-semibold tracking-tight text-balance foreign">{title ?? object ?? page}</h1>
          {question && <p className="mt-0.5 text-sm text-dim">{question}</p>}
        </div>
        {actions && <div className="flex flex-wrap items-center gap-2 no-print">{actions}</div>}
      </header>
      <div key={arrived ? 'told' : 'asked'} data-state={arrived ? undefined : 'loading'} className="flex min-h-0 min-w-0 grow flex-col px-6 max-bar:px-4">{children}</div>
      <Foot {...foot} />
    </div>
  )
}

export interface FootProps {
  asOf?: string | null
  rows?: number
  /** Milliseconds the server took. */
  took?: number
  /** Version of the rules that decided. */
  rules?: string
  requestId?: string
}

/** Where this came from: in small print, on every page. */
function Foot({ asOf, rows, took, rules, requestId }: FootProps) {
  const [looked, now] = [useAsOf(), useNow()]
  // A page that asks nothing of the estate is of the moment that is looked at.
  const moment = asOf ? new Date(asOf) : (looked ?? now)
  const parts = [
    <time key="asof" data-testid="as-of" dateTime={moment.toISOString()}>as of {utc(moment)}</time>,
    rows !== undefined && <span key="rows">{plural(rows, 'row')}</span>,
    took !== undefined && <span key="took">{Math.round(took)} ms</span>,
    rules && <span key="rules">rules {rules}</span>,
    requestId && <span key="request">request {requestId}</span>,
  ].filter(Boolean)
  return (
    <footer data-testid="foot" className="flex min-h-9 flex-wrap gap-x-4 gap-y-1 px-6 py-2.5 text-xs text-faint max-bar:px-4">{parts}</footer>
  )
}
