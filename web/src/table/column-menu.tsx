import { Columns3 } from 'lucide-react'
import { Button } from '@/ui/button'
import { Menu, MenuItem, MenuLine, MenuTick, MenuTitle } from '@/ui/menu'
import { type Column, shownColumns, toggledColumns } from './columns'

interface Props<R> {
  columns: Column<R>[]
  /** "cols" of the address. */
  cols: string
  onCols: (cols: string) => void
}

export function ColumnMenu<R>({ columns, cols, onCols }: Props<R>) {
  const shown = new Set(shownColumns(columns, cols).map((c) => c.id))
  return (
    <Menu trigger={<Button small><Columns3 size={14} aria-hidden="true" />Columns</Button>}>
      <MenuTitle>Columns</MenuTitle>
      {columns.filter((c) => !c.fixed).map((c) => (
        <MenuTick key={c.id} on={shown.has(c.id)} onChange={() => onCols(toggledColumns(columns, cols, c.id))}>{c.name}</MenuTick>
      ))}
      <MenuLine />
      <MenuItem disabled={cols === ''} onSelect={() => onCols('')}>As at first</MenuItem>
    </Menu>
  )
}
