import { ChevronDown, SlidersHorizontal } from 'lucide-react'
import { useState } from 'react'
import { Button } from '@/ui/button'
import { Dialog } from '@/ui/dialog'
import { Menu, MenuItem } from '@/ui/menu'
import { Select } from '@/ui/select'
import { type Counted, Facets } from './facets'
import { groupings, type Question, viewOf, views } from './ask'

/** The views that are built in. The button says which one this is. */
export function ViewMenu({ q, onQuery }: { q: string; onQuery: (q: string) => void }) {
  const now = viewOf(q)
  const trigger = (
    <Button small data-testid="view-menu">
      <span className="font-normal text-faint">View</span>{now ? now.name : 'Your filter'}<ChevronDown size={14} aria-hidden="true" className="text-faint" />
    </Button>
  )
  return (
    <Menu trigger={trigger}>
      {views.map((view) => (
        <MenuItem key={view.id} onSelect={() => onQuery(view.q)}>
          <span className={view === now ? 'font-semibold' : ''}>{view.name}</span>
          <code className="ml-auto pl-4 text-xs text-faint">{view.q}</code>
        </MenuItem>
      ))}
    </Menu>
  )
}

const choices = [{ value: '', label: 'Not grouped' }, ...groupings.map(([value, label]) => ({ value, label: `By ${label.toLowerCase()}` }))]

export function GroupPick({ group, onGroup }: { group: string; onGroup: (group: string) => void }) {
  return <Select label="Group by" value={group} choices={choices} onChange={onGroup} className="h-7 text-xs" data-testid="group-by" />
}

interface FilterProps {
  counted: Counted
  ask: Question
  q: string
  onQuery: (q: string) => void
  /** Shown whatever the width: the list has no room beside it. */
  always: boolean
}

/** The facets, where there is no room for them beside the list. */
export function FilterButton({ counted, ask, q, onQuery, always }: FilterProps) {
  const [open, setOpen] = useState(false)
  return (
    <>
      <Button small className={always ? '' : 'rail:hidden'} data-testid="filters-button" onClick={() => setOpen(true)}><SlidersHorizontal size={14} aria-hidden="true" />Filters</Button>
      <Dialog open={open} onClose={() => setOpen(false)} title="Filters" footer={<Button kind="primary" onClick={() => setOpen(false)}>Show</Button>}>
        <Facets counted={counted} ask={ask} q={q} onQuery={onQuery} />
      </Dialog>
    </>
  )
}
