import { type ReactNode, useId, useState } from 'react'
import { Button } from './button'
import { Dialog } from './dialog'

interface Props {
  open: boolean
  onClose: () => void
  title: string
  description?: ReactNode
  /** The verb on the button: "Decide No action". */
  verb: string
  /** Runs with the reason; the dialog stays while it runs and shows what it throws. */
  onConfirm: (reason: string) => Promise<void>
  /** Whether a reason has to be given. */
  reason?: 'none' | 'optional' | 'required'
  children?: ReactNode
  danger?: boolean
}

/** Asks before something is done that others will see, and for the reason. */
export function ConfirmDialog(props: Props) {
  const { open, onClose, title, description, verb, onConfirm, reason = 'none', children, danger = false } = props
  const [text, setText] = useState('')
  const [fault, setFault] = useState('')
  const [busy, setBusy] = useState(false)
  const id = useId()
  const missing = reason === 'required' && text.trim() === ''
  const confirm = async () => {
    if (missing) return setFault('Say why. It is kept in the audit log.')
    setBusy(true)
    try {
      await onConfirm(text.trim())
      setText('')
      setFault('')
      onClose()
    } catch (error) {
      setFault(error instanceof Error ? error.message : String(error))
    } finally {
      setBusy(false)
    }
  }
  const footer = (
    <>
      <Button onClick={onClose}>Cancel</Button>
      <Button kind={danger ? 'danger' : 'primary'} disabled={busy} onClick={() => void confirm()}>{verb}</Button>
    </>
  )
  return (
    <Dialog open={open} onClose={onClose} title={title} description={description} footer={footer} testId="confirm">
      {children}
      {reason !== 'none' && (
        <label className="mt-3 block text-sm font-medium" htmlFor={`${id}-reason`}>
          Reason{reason === 'optional' && <span className="font-normal text-faint"> (optional)</span>}
          <textarea
            id={`${id}-reason`}
            rows={3}
            value={text}
            onChange={(e) => setText(e.target.value)}
            aria-invalid={fault !== ''}
            aria-describedby={fault ? `${id}-fault` : undefined}
            className="field mt-1 h-auto w-full py-1.5 font-normal"
          />
        </label>
      )}
      {fault && <p id={`${id}-fault`} role="alert" className="mt-2 text-sm font-medium text-more">{fault}</p>}
    </Dialog>
  )
}
