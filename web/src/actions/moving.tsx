import { useState } from 'react'
import { ConfirmDialog } from '@/ui/confirm-dialog'
import { Dialog } from '@/ui/dialog'
import { Button } from '@/ui/button'
import { Field } from '@/ui/field'
import { useToast } from '@/ui/toast'
import { useChangeAction } from './ask'
import { type Action, isMove, type Move, needsReason, refusalOf, stateWords, titleOf } from './model'

export interface Moving {
  /** Moves a card, or says why not. */
  to: (action: Action, state: string) => void
  assign: (action: Action) => void
  /** What was refused last, for the board to show. */
  refused: string
  forget: () => void
  element: React.ReactNode
}

/** Moves that people may make; blocking and rejecting ask for the reason. */
export function useMoving(barred: string): Moving {
  const change = useChangeAction()
  const toast = useToast()
  const [asking, setAsking] = useState<{ action: Action; move: Move } | null>(null)
  const [assigning, setAssigning] = useState<Action | null>(null)
  const [refused, setRefused] = useState('')
  const run = async (action: Action, move: Move, reason: string) => {
    await change(action.id, { state: move, ...(reason ? { reason } : {}) })
    toast.say(`${action.id} is ${(stateWords[move] ?? move).toLowerCase()}.`)
  }
  const to = (action: Action, state: string) => {
    const why = barred || refusalOf(action, state)
    setRefused(why)
    if (why || state === action.state || !isMove(state)) return
    if (needsReason(state)) return setAsking({ action, move: state })
    run(action, state, '').catch((error: unknown) => setRefused(error instanceof Error ? error.message : String(error)))
  }
  const element = (
    <>
      <ConfirmDialog
        open={asking !== null} onClose={() => setAsking(null)} title={asking ? `${asking.move === 'blocked' ? 'Block' : 'Reject'} ${asking.action.id}` : ''}
        description={asking ? titleOf(asking.action) : ''} verb={asking?.move === 'blocked' ? 'Block it' : 'Reject it'} reason="required" danger={asking?.move === 'rejected'}
        onConfirm={async (reason) => { if (asking) await run(asking.action, asking.move, reason) }}
      />
      {assigning && <AssignDialog action={assigning} onClose={() => setAssigning(null)} onAssign={async (owner) => {
        await change(assigning.id, { owner })
        toast.say(`${assigning.id} is with ${owner}.`)
      }} />}
    </>
  )
  return { to, assign: (action) => (barred ? setRefused(barred) : setAssigning(action)), refused, forget: () => setRefused(''), element }
}

function AssignDialog({ action, onClose, onAssign }: { action: Action; onClose: () => void; onAssign: (owner: string) => Promise<void> }) {
  const [owner, setOwner] = useState(action.owner ?? '')
  const [fault, setFault] = useState('')
  const send = async () => {
    if (owner.trim() === '') return setFault('Say who: a team or a person.')
    try {
      await onAssign(owner.trim())
      onClose()
    } catch (error) {
      setFault(error instanceof Error ? error.message : String(error))
    }
  }
  const footer = <><Button onClick={onClose}>Cancel</Button><Button kind="primary" onClick={() => void send()}>Assign</Button></>
  return (
    <Dialog open onClose={onClose} title={`Who does ${action.id}?`} description={titleOf(action)} footer={footer} testId="assign">
      <form onSubmit={(e) => { e.preventDefault(); void send() }}>
        <Field label="Owner" value={owner} onChange={(e) => setOwner(e.target.value)} {...(fault ? { fault } : {})} hint="A team or a person. It stays so until somebody hands it over." maxLength={200} />
      </form>
    </Dialog>
  )
}
