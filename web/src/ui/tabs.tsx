import { Tabs as Radix } from 'radix-ui'
import type { ReactNode } from 'react'

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

export function Tabs({ label, tabs, value, onChange }: Props) {
  const known = tabs.some((tab) => tab.id === value) ? value : (tabs[0]?.id ?? '')
  return (
    <Radix.Root value={known} onValueChange={onChange}>
      <Radix.List aria-label={label} className="flex gap-1 overflow-x-auto border-b border-hairline">
        {tabs.map((tab) => (
          <Radix.Trigger
            key={tab.id}
            value={tab.id}
            className="-mb-px h-9 shrink-0 border-b-2 border-transparent px-3 text-sm font-medium text-dim hover:text-ink data-[state=active]:border-ink data-[state=active]:text-ink"
          >
            {tab.label}
          </Radix.Trigger>
        ))}
      </Radix.List>
      {tabs.map((tab) => (
        <Radix.Content key={tab.id} value={tab.id} className="pt-4 outline-offset-4">{tab.content}</Radix.Content>
      ))}
    </Radix.Root>
  )
}
