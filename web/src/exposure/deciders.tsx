import { Undo2 } from 'lucide-react'
import { DecideButtons } from '@/exposures/bulk-bar'
import type { Deciding, Word } from '@/exposures/deciding'
import { useRefusal } from '@/exposures/rights'
import { isLive } from '@/exposures/row'
import { Button } from '@/ui/button'
import type { PageDoc } from './use-page'

/** What can be done with this exposure. What is over cannot be decided. */
export function Deciders({ doc, deciding }: { doc: PageDoc; deciding: Deciding }) {
  const row = doc.exposure
  const rights = useRefusal()
  const refused = isLive(row) ? rights : `It is ${row.state}: there is nothing to decide.`
  const byPerson = row.decided_by !== 'rules' && row.decided_by !== ''
  const canUndo = byPerson || doc.explanation.exception != null || (row.owner_rule ?? '').startsWith('assigned by')
  return (
    <div className="flex flex-wrap items-center gap-2" data-testid="deciders">
      <DecideButtons refused={refused} busy={deciding.busy} onDecide={(word: Word) => deciding.decide([row], word)} onAssign={() => deciding.assign([row])} />
      {canUndo && <Button small kind="quiet" disabled={rights !== ''} data-testid="undo" onClick={() => deciding.undo([row])}><Undo2 size={14} aria-hidden="true" />Undo</Button>}
    </div>
  )
}
