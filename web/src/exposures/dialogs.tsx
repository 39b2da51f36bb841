import { type FormEvent, useId, useState } from 'react'
import { useQuery } from '@tanstack/react-query'
import { type Decision, decisionWords } from '@/lib/decision'
import { plural } from '@/lib/format'
import { useDraft } from '@/state/draft'
import { Button } from '@/ui/button'
import { Dialog } from '@/ui/dialog'
import { Field } from '@/ui/field'
import { loadFacets } from './ask'
import { keptCounts } from './keep'
import { componentWords, loosens, placeWords, type Row } from './row'

export interface Exception {
  reason: string
  /** RFC 3339: the end of the day that was picked. */
  until: string
}

const sample = 5

function Sample({ rows }: { rows: Row[] }) {
  return (
    <ul className="rounded-lg border border-hairline bg-sunken px-3 py-2 text-sm">
      {rows.slice(0, sample).map((row) => (
        <li key={row.id} className="truncate foreign"><span className="font-medium">{componentWords(row)}</span> <span className="text-dim">{row.weakness} · {placeWords(row)}</span></li>
      ))}
      {rows.length > sample && <li className="text-faint">and {rows.length - sample} more</li>}
    </ul>
  )
}

function dayFrom(days: number): string {
  return new Date(Date.now() + days * 86_400_000).toISOString().slice(0, 10)
}

interface LoosenProps {
  rows: Row[]
  word: Decision
  onClose: () => void
  onAsk: (exception: Exception) => void
}

const usual = 30

/** Less than the rules ask for: a reason, an end, and another person. */
export function LoosenDialog({ rows, word, onClose, onAsk }: LoosenProps) {
  const [reason, setReason] = useDraft('loosen')
  const [until, setUntil] = useState(() => dayFrom(usual))
  const [tried, setTried] = useState(false)
  const id = useId()
  const missing = reason.trim() === '' ? 'Say why. Whoever approves it reads this.' : ''
  const tooSoon = until <= dayFrom(0) ? 'Pick a day after today.' : ''
  const fewer = rows.filter((row) => loosens(row, word)).length
  const submit = (event: FormEvent) => {
    event.preventDefault()
    setTried(true)
    if (missing || tooSoon) return
    onAsk({ reason: reason.trim(), until: `${until}T23:59:59Z` })
    setReason('')
  }
  const footer = (
    <>
      <Button onClick={onClose}>Cancel</Button>
      <Button kind="primary" type="submit" form={id}>Ask for {decisionWords[word]}</Button>
    </>
  )
  return (
    <Dialog open onClose={onClose} testId="loosen" title={`Less than the rules ask for: ${decisionWords[word]}`} footer={footer}
      description={`For ${plural(fewer, 'exposure')} this is less urgent than the rules say. Another person has to approve it; until then the rules' decision stands.`}>
      <form id={id} onSubmit={submit} className="flex flex-col gap-3" noValidate>
        <Sample rows={rows} />
        <div>
          <label htmlFor={`${id}-reason`} className="text-sm font-medium">Reason</label>
          <textarea id={`${id}-reason`} rows={3} maxLength={2000} value={reason} onChange={(e) => setReason(e.target.value)} aria-required
            aria-invalid={tried && missing !== ''} aria-describedby={tried && missing ? `${id}-missing` : undefined} className="field mt-1 h-auto w-full py-1.5" />
          {tried && missing && <p id={`${id}-missing`} role="alert" className="text-xs font-medium text-more">{missing}</p>}
        </div>
        <Field label="Until" type="date" min={dayFrom(1)} value={until} onChange={(e) => setUntil(e.target.value)} required
          hint="The end of this day, UTC. Then the rules' decision counts again." {...(tried && tooSoon ? { fault: tooSoon } : {})} />
      </form>
    </Dialog>
  )
}

interface AssignProps {
  rows: Row[]
  onClose: () => void
  onAssign: (owner: string) => void
}

/** Whose it is. Offers the owners that there are. */
export function AssignDialog({ rows, onClose, onAssign }: AssignProps) {
  const [first] = rows
  const [owner, setOwner] = useState(rows.length === 1 ? (first?.owner ?? '') : '')
  const [tried, setTried] = useState(false)
  const id = useId()
  const known = useOwners()
  const submit = (event: FormEvent) => {
    event.preventDefault()
    setTried(true)
    if (owner.trim() !== '') onAssign(owner.trim())
  }
  const footer = (
    <>
      <Button onClick={onClose}>Cancel</Button>
      <Button kind="primary" type="submit" form={id}>Assign</Button>
    </>
  )
  return (
    <Dialog open onClose={onClose} testId="assign" title={rows.length === 1 ? 'Assign an owner' : `Assign ${plural(rows.length, 'exposure')}`} footer={footer}
      description="This goes before the owner that the scope names.">
      <form id={id} onSubmit={submit} className="flex flex-col gap-3" noValidate>
        <Sample rows={rows} />
        <Field label="Owner" value={owner} onFocus={(e) => e.target.select()} onChange={(e) => setOwner(e.target.value)} list={`${id}-owners`} maxLength={200} autoComplete="off" autoFocus
          hint="A team or a person." {...(tried && owner.trim() === '' ? { fault: 'Say whose it is.' } : {})} />
        <datalist id={`${id}-owners`}>{known.map((name) => <option key={name} value={name} />)}</datalist>
      </form>
    </Dialog>
  )
}

function useOwners(): string[] {
  const { data } = useQuery({
    queryKey: [...keptCounts, 'owners'],
    queryFn: ({ signal }) => loadFacets({ q: '', sort: '', asOf: '' }, ['owner'], signal, 200),
  })
  return data?.items[0]?.values.map((v) => v.value).filter((v) => v !== 'none') ?? []
}
