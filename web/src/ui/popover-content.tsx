import { Popover as Radix } from 'radix-ui'
import { type ReactNode, type RefObject, useRef } from 'react'

interface Props {
  anchor: RefObject<HTMLButtonElement | null>
  label: string
  align: 'start' | 'end'
  onClose: () => void
  children: ReactNode
}

/** What a popover shows, beside its button. Apart from ui/popover.tsx, so that it is loaded when it first opens. */
export default function PopoverContent({ anchor, label, align, onClose, children }: Props) {
  const outside = useRef(false)
  const onButton = (target: EventTarget | null) => target instanceof Node && anchor.current?.contains(target) === true
  return (
    <Radix.Root open onOpenChange={(open) => !open && onClose()}>
      <Radix.Anchor virtualRef={anchor as RefObject<HTMLButtonElement>} />
      <Radix.Portal>
        <Radix.Content
          aria-label={label}
          align={align}
          sideOffset={4}
          collisionPadding={8}
          // The button closes by itself.
          onInteractOutside={(event) => {
            if (onButton(event.target)) event.preventDefault()
            else outside.current = true
          }}
          onCloseAutoFocus={(event) => {
            event.preventDefault()
            if (!outside.current) anchor.current?.focus()
          }}
          className="z-40 max-w-[calc(100vw-1rem)] rounded-lg border border-edge bg-raised p-1 text-sm shadow-float outline-none"
        >
          {children}
        </Radix.Content>
      </Radix.Portal>
    </Radix.Root>
  )
}
