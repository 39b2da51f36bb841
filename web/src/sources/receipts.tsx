import { ChevronRight } from 'lucide-react'
import { useState } from 'react'
import { paths } from '@/app/paths'
import { count, plural } from '@/lib/format'
import { useSession } from '@/overview/session'
import { Button } from '@/ui/button'
import { EmptyState } from '@/ui/empty-state'
import { PageLink } from '@/ui/page-link'
import { PanelFrame, Skeleton } from '@/ui/panel-frame'
import { StatNumber } from '@/ui/stat-number'
import { Age } from '@/ui/time'
import { useReceipt, useReceipts } from './ask'
import { type Receipt, receiptsOf, receiptTitle, receiptWords } from './model'

/** What came in over HTTP, newest first, and what it did. */
export function Receipts({ source }: { source?: string }) {
  const list = useReceipts()
  const items = source === undefined ? list.items : receiptsOf(list.items, source)
  const title = list.loading ? 'What came in' : items.length === 0 ? 'No receipts yet' : source === undefined ? `${plural(list.total, 'receipt')}, newest first` : `${plural(items.length, 'receipt')} among the last ${count(list.loaded)}`
  return (
    <PanelFrame id="receipts" subject="The receipts" title={title} note="Evidence that came over HTTP. What the command line took in on the server's own machine has no receipt here." flush loading={list.loading}
      error={list.loaded === 0 ? list.error : undefined} onRetry={list.retry}
      sheet={{ head: ['id', 'at', 'by', 'state', 'what', 'result'], rows: items.map((r) => [r.id, r.at, r.by, r.state, receiptTitle(r), receiptWords(r)]) }}>
      {items.length === 0 ? (
        <EmptyState kind="first-run" title={source ? `Nothing came from ${source} over HTTP.` : 'Nothing came over HTTP yet.'} actions={<PageLink to={paths.connect} className="link target">Connect a source</PageLink>} />
      ) : (
        <ul data-testid="receipts" className="border-t border-hairline">{items.map((r) => <ReceiptLine key={r.id} receipt={r} />)}</ul>
      )}
      {list.more && <p className="flex items-center gap-3 px-4 py-2 text-xs text-faint"><Button small onClick={list.more} disabled={list.fetching}>Show older ones</Button>{count(list.loaded)} of {count(list.total)}</p>}
    </PanelFrame>
  )
}

function ReceiptLine({ receipt }: { receipt: Receipt }) {
  const [open, setOpen] = useState(false)
  const refused = receipt.receipts.some((x) => x.rejected.length > 0)
  return (
    <li data-testid="receipt" data-key={receipt.id} data-state={receipt.state} className="border-b border-hairline last:border-0">
      <button type="button" aria-expanded={open} onClick={() => setOpen(!open)} className="flex min-h-9 w-full flex-wrap items-center gap-x-3 px-4 py-1.5 text-left text-sm hover:bg-hover">
        <ChevronRight size={14} aria-hidden="true" className={open ? 'rotate-90 text-faint' : 'text-faint'} />
        <span className="font-medium foreign">{receiptTitle(receipt)}</span>
        <span className={refused ? 'text-more' : 'text-dim'}>{receiptWords(receipt)}</span>
        <span className="ml-auto flex gap-3 text-xs text-faint"><span className="foreign">{receipt.by}</span><Age at={receipt.at} /></span>
      </button>
      {open && <ReceiptMore receipt={receipt} />}
    </li>
  )
}

function ReceiptMore({ receipt }: { receipt: Receipt }) {
  const { data: session } = useSession()
  const may = session?.may.includes('ingest') ?? false
  const asked = useReceipt(receipt.id, may)
  const doc = asked.data ?? receipt
  if (may && asked.isLoading) return <div className="px-10 pb-3"><Skeleton lines={2} waiting="Reading what it did…" /></div>
  return (
    <div className="flex flex-col gap-2 px-10 pb-3 text-sm max-bar:px-4">
      <p className="flex flex-wrap items-center gap-x-2">
        {doc.opened ? <>Opened <StatNumber count={doc.opened.count} to={paths.exposures} search={{ q: doc.opened.query }} label="exposures opened" /></> : <span className="text-dim">{may ? 'What it opened and closed is still being computed.' : 'What it opened and closed is told to those who may send evidence.'}</span>}
        {doc.closed && <>, closed <StatNumber count={doc.closed.count} to={paths.exposures} search={{ q: doc.closed.query }} label="exposures closed" /></>}
      </p>
      {doc.receipts.map((x, i) => (
        <div key={i}>
          {x.rejected.length > 0 && <Faults title="Refused" list={x.rejected} />}
          {x.notes.length > 0 && <Faults title="Taken, but odd" list={x.notes} />}
          {x.ignored.length > 0 && <Faults title="Read, nothing of ours" list={x.ignored} />}
        </div>
      ))}
      <p className="text-xs text-faint">receipt {receipt.id}</p>
    </div>
  )
}

const shownFaults = 20

function Faults({ title, list }: { title: string; list: { where: string; reason: string }[] }) {
  return (
    <div>
      <p className="text-xs font-medium text-dim">{title} ({count(list.length)})</p>
      <ul className="text-xs">
        {list.slice(0, shownFaults).map((f, i) => <li key={i} className="foreign"><code className="text-faint">{f.where}</code> {f.reason}</li>)}
      </ul>
      {list.length > shownFaults && <p className="text-xs text-faint">and {count(list.length - shownFaults)} more</p>}
    </div>
  )
}
