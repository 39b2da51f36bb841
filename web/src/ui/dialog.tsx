import { X } from 'lucide-react'
import { type ReactNode, useEffect, useId, useRef } from 'react'
import { cx } from '@/lib/class-names'
import { IconButton } from './button'

interface Props {
  open: boolean
  onClose: () => void
  title: string
  /** Said under the title, and read with it. */
  description?: ReactNode
  children: ReactNode
  /** The buttons; the one that goes on comes last. */
  footer?: ReactNode
  wide?: boolean
  testId?: string
}

/**
 * A modal dialog. The browser's own element keeps the focus inside, makes the
 * rest inert, closes on Escape and gives the focus back; and it needs no style
 * written into the page, which our policy would refuse.
 */
export function Dialog({ open, onClose, title, description, children, footer, wide = false, testId }: Props) {
  const box = useRef<HTMLDialogElement>(null)
  const id = useId()
  useOpen(box, open)
  if (!open) return null
  return (
    <dialog
      ref={box}
      aria-labelledby={`${id}-title`}
      aria-describedby={description ? `${id}-more` : undefined}
      data-testid={testId}
      onCancel={(event) => {
        event.preventDefault()
        onClose()
      }}
      onMouseDown={(event) => event.target === box.current && onClose()}
      className={cx(
        'w-[calc(100vw-2rem)] rounded-xl border border-edge bg-raised p-0 shadow-float',
        wide ? 'max-w-3xl' : 'max-w-lg',
      )}
    >
      <div className="flex max-h-[calc(100dvh-4rem)] flex-col">
        <header className="flex items-start justify-between gap-4 px-5 pt-4 pb-1">
          <div>
            <h2 id={`${id}-title`} className="text-lg font-semibold">{title}</h2>
            {description && <p id={`${id}-more`} className="mt-1 text-sm text-dim">{description}</p>}
          </div>
          <IconButton label="Close" onClick={onClose} className="-mr-2 -mt-1"><X size={16} aria-hidden="true" /></IconButton>
        </header>
        <div className="overflow-y-auto px-5 py-3">{children}</div>
        {footer && <footer className="flex flex-wrap justify-end gap-2 border-t border-hairline px-5 py-3">{footer}</footer>}
      </div>
    </dialog>
  )
}

/** Opens the element once it is there; gives the focus back to who had it. */
export function useOpen(box: { current: HTMLDialogElement | null }, open: boolean): void {
  useEffect(() => {
    const dialog = box.current
    if (!open || !dialog) return
    const before = document.activeElement
    if (!dialog.open) dialog.showModal()
    // To the first field, not to the button that closes.
    dialog.querySelector<HTMLElement>('input:not([type=hidden]), textarea, select')?.focus()
    return () => {
      dialog.close()
      if (before instanceof HTMLElement && before.isConnected) before.focus()
    }
  }, [box, open])
}
