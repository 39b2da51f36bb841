import { type KeyboardEvent, type ReactNode, useId } from 'react'

export interface Tab {
  id: string
  label: ReactNode
  content: ReactNode
}

interface Props {
  /** What the tabs are about, read aloud. */
  label: string
  tabs: Tab[]
  /** Which one, from the address: useView({ tab: 'why' }). */
  value: string
  onChange: (id: string) => void
}

/** One of several parts. Arrow keys go from tab to tab, as with any tabs. */
export function Tabs({ label, tabs, value, onChange }: Props) {
  const id = useId()
  const shown = tabs.find((tab) => tab.id === value) ?? tabs[0]
  if (!shown) return null
  const walk = (event: KeyboardEvent<HTMLElement>) => {
    const at = tabs.indexOf(shown)
    const to = { ArrowRight: at + 1, ArrowLeft: at - 1, Home: 0, End: tabs.length - 1 }[event.key]
    const next = to === undefined ? undefined : tabs[(to + tabs.length) % tabs.length]
    if (!next) return
    event.preventDefault()
    document.getElementById(`${id}-${next.id}`)?.focus()
    onChange(next.id)
  }
  return (
    <div className="min-w-0">
      <div role="tablist" aria-label={label} className="flex gap-1 overflow-x-auto border-b border-hairline">
        {tabs.map((tab) => (
          <button
            key={tab.id} type="button" role="tab" id={`${id}-${tab.id}`} aria-selected={tab === shown} aria-controls={`${id}-panel`} tabIndex={tab === shown ? 0 : -1}
            data-state={tab === shown ? 'active' : 'inactive'} onClick={() => onChange(tab.id)} onKeyDown={walk}
            className="-mb-px h-9 shrink-0 border-b-2 border-transparent px-3 text-sm font-medium text-dim hover:text-ink data-[state=active]:border-ink data-[state=active]:text-ink"
          >
            {tab.label}
          </button>
        ))}
      </div>
      <div role="tabpanel" id={`${id}-panel`} aria-labelledby={`${id}-${shown.id}`} className="min-w-0 pt-4">{shown.content}</div>
    </div>
  )
}
