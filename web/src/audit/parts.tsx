import { ShieldAlert, ShieldCheck } from 'lucide-react'
import { useState } from 'react'
import { answer, api } from '@/api/client'
import { asApiError } from '@/api/problem'
import { cx } from '@/lib/class-names'
import { csv, download, json } from '@/lib/download'
import { Button } from '@/ui/button'
import { CopyButton } from '@/ui/copy-button'
import { Menu, MenuItem } from '@/ui/menu'
import { Time } from '@/ui/time'
import { type AuditQuery, auditSheet, chainWords, differences, type Entry, outcomeWords, type Verdict } from './model'

/** Walks the whole chain on the server and says what it found. */
export function useChain() {
  const [verdict, setVerdict] = useState<Verdict | null>(null)
  const [fault, setFault] = useState('')
  const [busy, setBusy] = useState(false)
  const verify = async () => {
    setBusy(true)
    setFault('')
    try {
      setVerdict(answer(await api.GET('/api/v1/audit/verification', {})))
    } catch (error) {
      setVerdict(null)
      setFault(asApiError(error).message)
    } finally {
      setBusy(false)
    }
  }
  return { verdict, fault, busy, verify: () => void verify() }
}

export function ChainNotice({ verdict, fault }: { verdict: Verdict | null; fault: string }) {
  if (fault) return <p role="alert" className="mb-3 text-sm font-medium text-more foreign">The chain could not be checked: {fault}</p>
  if (!verdict) return null
  const Sign = verdict.ok ? ShieldCheck : ShieldAlert
  return (
    <div role={verdict.ok ? 'status' : 'alert'} data-testid="chain" data-state={verdict.ok ? 'holds' : 'broken'} className={cx('mb-3 flex items-start gap-2.5 rounded-lg border-2 px-4 py-2.5 text-sm', verdict.ok ? 'border-fewer' : 'border-more bg-surface')}>
      <Sign size={18} aria-hidden="true" className={cx('mt-px shrink-0', verdict.ok ? 'text-fewer' : 'text-more')} />
      <div className="min-w-0">
        <p className={cx('font-semibold foreign', verdict.ok ? '' : 'text-more')}>{chainWords(verdict)}</p>
        <p className="text-xs text-faint">Checked <Time at={verdict.as_of} />. Head of the chain: <code className="foreign">{verdict.head}</code><CopyButton text={verdict.head} what="head of the chain" /></p>
      </div>
    </div>
  )
}

/** What differs between before and after. */
export function Differences({ entry }: { entry: Entry }) {
  const list = differences(entry.before ?? '', entry.after ?? '')
  const shown = list.slice(0, 6)
  if (list.length === 0) return <span className="text-faint">–</span>
  return (
    <ul className="flex flex-col gap-0.5 text-xs">
      {shown.map((d) => (
        <li key={d.key} className="foreign">
          {d.key && <span className="text-faint">{d.key} </span>}
          {d.from && <><del className="text-dim decoration-1">{short(d.from)}</del> <span aria-label="became">→</span> </>}
          <span className="font-medium">{d.to ? short(d.to) : <span className="text-faint">nothing</span>}</span>
        </li>
      ))}
      {list.length > shown.length && <li className="text-faint">and {list.length - shown.length} more</li>}
    </ul>
  )
}

const longest = 120

function short(text: string): string {
  return text.length > longest ? `${text.slice(0, longest)}…` : text
}

export const auditColumns = [
  { id: 'at', head: 'When', cell: (e: Entry) => <span className="font-normal whitespace-nowrap"><Time at={e.at} /><span className="block text-xs text-faint">entry {e.seq}</span></span> },
  { id: 'actor', head: 'Who', cell: (e: Entry) => <span className="foreign">{e.actor}</span> },
  { id: 'verb', head: 'Did', cell: (e: Entry) => <span className="whitespace-nowrap">{e.verb}{outcomeWords(e.outcome) && <span className="block text-xs font-medium text-more">{outcomeWords(e.outcome)}</span>}</span> },
  { id: 'object', head: 'To what', cell: (e: Entry) => <span className="inline-block max-w-72 foreign">{e.object}</span> },
  { id: 'change', head: 'Before → after', grow: true, cell: (e: Entry) => <Differences entry={e} /> },
  { id: 'reason', head: 'Why', cell: (e: Entry) => <span className="inline-block min-w-32 foreign">{e.reason || <span className="text-faint">–</span>}</span> },
  { id: 'request', head: 'Request', cell: (e: Entry) => (e.request_id ? <code className="text-xs text-faint" title={e.request_id}>{e.request_id.slice(0, 8)}</code> : <span className="text-faint">–</span>) },
]

const mostExported = 50_000

/** All that the filters match, not only what is shown. */
async function everything(query: AuditQuery): Promise<Entry[]> {
  const out: Entry[] = []
  let cursor: string | null = null
  do {
    const page: { items: Entry[]; next: string | null } = answer(await api.GET('/api/v1/audit', { params: { query: { ...query, limit: 1000, ...(cursor ? { cursor } : {}) } } }))
    out.push(...page.items)
    cursor = page.next
  } while (cursor !== null && out.length < mostExported)
  return out
}

export function ExportLog({ query, total }: { query: AuditQuery; total: number }) {
  const [status, setStatus] = useState('')
  const save = async (as: 'csv' | 'json') => {
    setStatus('Reading…')
    try {
      const sheet = auditSheet(await everything(query))
      if (as === 'csv') download('tidemark-audit.csv', 'text/csv', csv(sheet))
      else download('tidemark-audit.json', 'application/json', json(sheet))
      setStatus(total > mostExported ? `Only the newest ${mostExported.toLocaleString('en-GB')} were exported` : '')
    } catch (error) {
      setStatus(asApiError(error).message)
    }
  }
  return (
    <>
      {status && <span role="status" className="text-xs text-dim">{status}</span>}
      <Menu trigger={<Button disabled={total === 0}>Export</Button>}>
        <MenuItem onSelect={() => void save('csv')}>CSV, {total.toLocaleString('en-GB')} entries</MenuItem>
        <MenuItem onSelect={() => void save('json')}>JSON, {total.toLocaleString('en-GB')} entries</MenuItem>
      </Menu>
    </>
  )
}
