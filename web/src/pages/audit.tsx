import { answer, api } from '@/api/client'
import { asApiError } from '@/api/problem'
import { auditColumns, ChainNotice, ExportLog, useChain } from '@/audit/parts'
import { auditQuery, auditSheet, dayFault, type Entry } from '@/audit/model'
import { count } from '@/lib/format'
import { useSession } from '@/overview/session'
import { Forbidden } from '@/settings/forbidden'
import { useView } from '@/state/view'
import { PlainTable } from '@/table/plain-table'
import { useKeyset } from '@/table/use-keyset'
import { Button } from '@/ui/button'
import { EmptyState } from '@/ui/empty-state'
import { Field } from '@/ui/field'
import { Page } from '@/ui/page'
import { PanelFrame } from '@/ui/panel-frame'

const none = { actor: '', verb: '', object: '', from: '', to: '' }
const atOnce = 100

export function Audit() {
  const session = useSession()
  const barred = session.data !== undefined && !session.data.may.includes('read-audit')
  if (barred) return <Page page="Audit" question="Who changed what, when, why?"><Forbidden what="The audit log" as={session.data.role} who="Admins and auditors may read it." /></Page>
  return <Log />
}

function Log() {
  const [view, set] = useView(none)
  const chain = useChain()
  const query = auditQuery(view)
  const list = useKeyset<Entry>({
    key: ['audit', query],
    load: async (cursor, signal) => answer(await api.GET('/api/v1/audit', { params: { query: { ...query, limit: atOnce, ...(cursor ? { cursor } : {}) } }, signal })),
  })
  const filtered = Object.keys(query).length > 0
  const forbidden = list.error && asApiError(list.error).status === 403
  const actions = (
    <>
      <ExportLog query={query} total={list.total} />
      <Button kind="primary" onClick={chain.verify} disabled={chain.busy}>{chain.busy ? 'Checking…' : 'Verify the chain'}</Button>
    </>
  )
  if (forbidden) return <Page page="Audit" question="Who changed what, when, why?"><Forbidden what="The audit log" as="" who="Admins and auditors may read it." /></Page>
  return (
    <Page page="Audit" question="Who changed what, when, why?" actions={actions} foot={{ asOf: list.asOf, rows: list.total }}>
      <ChainNotice verdict={chain.verdict} fault={chain.fault} />
      <FilterFields view={view} set={set} />
      <PanelFrame id="log" subject="The log" title={list.loading ? 'The log' : `${count(list.total)} ${list.total === 1 ? 'entry' : 'entries'}, newest first`} flush loading={list.loading} busy={list.busy} error={list.loaded === 0 ? list.error : undefined} onRetry={list.retry} sheet={auditSheet(list.items)}
        computed={<p>Each entry carries the hash of the one before it. Verifying reads them all and computes each hash again: an entry that was changed, taken out or put in shows.</p>}>
        {list.loaded === 0
          ? <EmptyState kind={filtered ? 'filtered' : 'first-run'} title={filtered ? 'No entry matches these filters.' : 'Nothing was changed by anybody yet.'} actions={filtered ? <Button onClick={() => set(none)}>Clear all filters</Button> : undefined} />
          : <PlainTable label="Audit log" testId="audit" columns={auditColumns} rows={list.items} rowKey={(e) => String(e.seq)} busy={list.busy} />}
        {list.more && <p className="flex items-center gap-3 px-4 py-2 text-xs text-faint"><Button small onClick={list.more} disabled={list.fetching}>Show older ones</Button>{count(list.loaded)} of {count(list.total)}</p>}
      </PanelFrame>
    </Page>
  )
}

type Fields = typeof none

function FilterFields({ view, set }: { view: Fields; set: (patch: Partial<Fields>, options?: { replace?: boolean }) => void }) {
  const put = (key: keyof Fields) => (e: { target: { value: string } }) => set({ [key]: e.target.value }, { replace: true })
  const fault = (text: string) => (dayFault(text) ? { fault: dayFault(text) } : {})
  return (
    <form role="search" aria-label="Filter the log" className="mb-4 grid grid-cols-2 gap-3 bar:grid-cols-5" onSubmit={(e) => e.preventDefault()}>
      <Field label="Who" value={view.actor} onChange={put('actor')} placeholder="a user or token" maxLength={200} />
      <Field label="Did" value={view.verb} onChange={put('verb')} placeholder="user, token create" maxLength={100} />
      <Field label="To what" value={view.object} onChange={put('object')} placeholder="EXP-…, a name" maxLength={300} />
      <Field label="From day (UTC)" type="date" value={view.from} onChange={put('from')} {...fault(view.from)} />
      <Field label="To day (UTC)" type="date" value={view.to} onChange={put('to')} {...fault(view.to)} />
    </form>
  )
}
