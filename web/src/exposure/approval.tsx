import { useQueryClient } from '@tanstack/react-query'
import { useState } from 'react'
import { answerRequest } from '@/exposures/change'
import { putDetail, recount } from '@/exposures/keep'
import { useRefusal, useSession } from '@/exposures/rights'
import { Button } from '@/ui/button'
import { ConfirmDialog } from '@/ui/confirm-dialog'
import { Time } from '@/ui/time'
import { useToast } from '@/ui/toast'
import type { PageDoc } from './use-page'

/** An exception, or the request for one, with the answer of those who may give it. */
export function Approval({ doc }: { doc: PageDoc }) {
  const client = useQueryClient()
  const { say } = useToast()
  const refused = useRefusal('approve')
  const session = useSession()
  const [asking, setAsking] = useState<'approve' | 'reject' | null>(null)
  const it = doc.explanation.exception
  if (!it) return null
  const waits = it.state === 'requested'
  const own = session !== undefined && session.name === it.by
  const why = own ? 'You asked for it: another person has to answer.' : refused
  const answer = async (agree: boolean, reason: string) => {
    putDetail(client, await answerRequest(doc.exposure.id, agree, reason))
    recount(client)
    say(agree ? `Approved ${it.decision}` : `Rejected: the rules' decision stands`)
  }
  return (
    <section className="mt-3 rounded-lg border border-amber-edge bg-amber px-3 py-2 text-sm text-amber-ink" data-testid="exception" data-state={waits ? 'requested' : 'in-force'}>
      <p className="font-medium">{waits ? `${it.by} asks for ${it.decision}` : `Excepted: ${it.decision}`}{it.until && <> until <Time at={it.until} dateOnly /></>}</p>
      <p className="foreign">{it.reason}</p>
      {!waits && <p className="text-xs">asked by {it.by}{it.approved_by && `, approved by ${it.approved_by}`}</p>}
      {waits && (
        <div className="mt-2 flex flex-wrap items-center gap-2">
          <Button small kind="primary" disabled={why !== ''} title={why} data-testid="approve" onClick={() => setAsking('approve')}>Approve</Button>
          <Button small disabled={why !== ''} title={why} data-testid="reject" onClick={() => setAsking('reject')}>Reject</Button>
          {why && <span className="text-xs">{why}</span>}
        </div>
      )}
      <ConfirmDialog open={asking !== null} onClose={() => setAsking(null)} verb={asking === 'reject' ? 'Reject' : 'Approve'} reason={asking === 'reject' ? 'required' : 'optional'}
        title={asking === 'reject' ? 'Reject this request?' : `Approve ${it.decision}?`} description="It is kept in the audit log with your name."
        onConfirm={(reason) => answer(asking !== 'reject', reason)} />
    </section>
  )
}
