import { cloneElement, type ComponentProps, createContext, lazy, type ReactElement, type ReactNode, Suspense, use, useCallback, useMemo, useRef, useState } from 'react'

type Trigger = ReactElement<ComponentProps<'button'>>

interface Props {
  /** The one button that opens it. */
  trigger: Trigger
  children: ReactNode
  /** Read aloud when it opens. */
  label: string
  align?: 'start' | 'end'
  open?: boolean
  onOpenChange?: (open: boolean) => void
}

// What places and closes it is loaded when somebody reaches for the button: no page needs it to be seen.
const load = () => import('./popover-content')
const Content = lazy(load)
const Close = createContext<() => void>(() => undefined)

export function Popover({ trigger, children, label, align = 'start', open: held, onOpenChange }: Props) {
  const [own, setOwn] = useState(false)
  const open = held ?? own
  const button = useRef<HTMLButtonElement>(null)
  const change = useCallback((to: boolean) => {
    setOwn(to)
    onOpenChange?.(to)
  }, [onOpenChange])
  const close = useMemo(() => () => change(false), [change])
  return (
    <>
      {cloneElement(trigger, { ref: button, 'aria-haspopup': 'dialog', 'aria-expanded': open, onClick: () => change(!open), onPointerEnter: () => void load(), onFocus: () => void load() })}
      {open && (
        <Suspense fallback={null}>
          <Content anchor={button} label={label} align={align} onClose={close}><Close value={close}>{children}</Close></Content>
        </Suspense>
      )}
    </>
  )
}

/** Closes the popover around it, whatever else a click on it does. */
export function PopoverClose({ children }: { children: ReactElement<ComponentProps<'button'> | ComponentProps<'a'>> }) {
  const close = use(Close)
  const { onClick } = children.props
  return cloneElement(children as Trigger, {
    onClick: (event) => {
      ;(onClick as ComponentProps<'button'>['onClick'])?.(event)
      close()
    },
  })
}
