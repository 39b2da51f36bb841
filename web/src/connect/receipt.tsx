import { paths } from '@/app/paths'
import { count, plural } from '@/lib/format'
import { ProblemNote } from '@/ui/problem-note'
import { StatNumber } from '@/ui/stat-number'
import { type ReceiptStatus, useReceipt } from './ask'

/** What came in, what was refused, and, once it is computed, what it opened. */
export function ReceiptNote({ first }: { first: ReceiptStatus }) {
  const asked = useReceipt(first)
  const doc = asked.data ?? first
  const taken = doc.receipts.reduce((n, r) => n + r.accepted, 0)
  const same = doc.receipts.reduce((n, r) => n + r.unchanged, 0)
  const refused = doc.receipts.flatMap((r) => r.rejected)
  const components = doc.receipts.reduce((n, r) => n + (r.quality?.components ?? 0), 0)
  return (
    <div role="status" data-testid="receipt" data-state={doc.state} className="mt-3 rounded-lg border border-edge bg-sunken px-4 py-3 text-sm">
      <p className="font-medium">
        Taken: {plural(taken, 'record')}{components > 0 && `, ${plural(components, 'component')}`}{same > 0 && `; ${count(same)} known already`}{refused.length > 0 && `; ${count(refused.length)} refused`}.
        <span className="font-normal text-faint"> Receipt <code className="text-xs">{doc.id}</code></span>
      </p>
      {refused.slice(0, 5).map((r, i) => <p key={i} className="text-more foreign">{r.where}: {r.reason}</p>)}
      {doc.state === 'computed' ? <Outcome doc={doc} /> : <p className="mt-1 text-dim">Matching it against what the world knows…</p>}
      {asked.error && <ProblemNote error={asked.error} what="The receipt" onRetry={() => void asked.refetch()} />}
    </div>
  )
}

function Outcome({ doc }: { doc: ReceiptStatus }) {
  const { opened, closed } = doc
  if (!opened?.count && !closed?.count) return <p className="mt-1 text-dim">It opened and closed nothing. That may be because nothing says yet where it runs, or because no intel is loaded.</p>
  return (
    <p className="mt-1">
      {opened && <>It opened <StatNumber count={opened.count} to={paths.exposures} search={{ q: opened.query }} label="exposures that it opened" className="min-w-0!" /></>}
      {closed && closed.count > 0 && <>{opened && ' and '}closed <StatNumber count={closed.count} to={paths.exposures} search={{ q: closed.query }} label="exposures that it closed" className="min-w-0!" /></>}.
    </p>
  )
}
