import { X } from 'lucide-react'
import { decisions } from '@/lib/decision'
import { count } from '@/lib/format'
import { Button, IconButton } from '@/ui/button'
import { DecisionChip } from '@/ui/mark'
import type { Word } from './deciding'

interface Props {
  chosen: number
  busy: boolean
  /** Why nothing can be decided; "" when it can. */
  refused: string
  onDecide: (word: Word) => void
  onAssign: () => void
  onClear: () => void
}

/** What can be done with the rows that are ticked. */
export function BulkBar({ chosen, busy, refused, onDecide, onAssign, onClear }: Props) {
  return (
    <div role="toolbar" aria-label="The selected exposures" data-testid="bulk-bar" data-chosen={chosen}
      className="mb-3 flex flex-wrap items-center gap-2 rounded-lg border border-edge bg-chosen px-3 py-1.5 text-sm">
      <span className="mr-1 font-medium">{count(chosen)} selected</span>
      <DecideButtons refused={refused} busy={busy} onDecide={onDecide} onAssign={onAssign} />
      <IconButton label="Clear the selection" className="ml-auto size-7" onClick={onClear}><X size={14} aria-hidden="true" /></IconButton>
    </div>
  )
}

interface ButtonProps {
  refused: string
  busy: boolean
  onDecide: (word: Word) => void
  onAssign: () => void
}

export function DecideButtons({ refused, busy, onDecide, onAssign }: ButtonProps) {
  const off = busy || refused !== ''
  return (
    <>
      {decisions.map((word, i) => (
        <Button key={word} small disabled={off} title={refused || `Key ${i + 1}`} aria-keyshortcuts={String(i + 1)} data-testid={`decide-${word}`} onClick={() => onDecide(word as Word)}>
          <DecisionChip decision={word} /><kbd className="text-faint max-wide:hidden">{i + 1}</kbd>
        </Button>
      ))}
      <Button small disabled={off} title={refused || 'Key a'} aria-keyshortcuts="a" data-testid="assign-button" onClick={onAssign}>Assign<kbd className="text-faint max-wide:hidden">a</kbd></Button>
      {refused && <span className="text-xs text-dim" data-testid="refused-why">{refused}</span>}
    </>
  )
}
