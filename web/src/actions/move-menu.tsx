import { Ellipsis } from 'lucide-react'
import { paths } from '@/app/paths'
import { Button, IconButton } from '@/ui/button'
import { Menu, MenuItem, MenuLine, MenuLink, MenuTitle } from '@/ui/menu'
import { type Action, exposuresSearch, movesFrom, onlyEvidence, stateWords, titleOf } from './model'
import type { Moving } from './moving'

const verbs: Record<string, string> = { accepted: 'Accept', 'in progress': 'Begin', blocked: 'Block…', rejected: 'Reject…' }

/** What can be done to an action: all that dragging can, and more. */
export function MoveMenu({ action, moving, barred, words = false }: { action: Action; moving: Moving; barred: string; words?: boolean }) {
  const trigger = words
    ? <Button>Move or assign</Button>
    : <IconButton label={`Move or assign ${action.id}: ${titleOf(action)}`} title="Move or assign" className="size-7"><Ellipsis size={16} aria-hidden="true" /></IconButton>
  const open = movesFrom(action.state)
  return (
    <Menu trigger={trigger}>
      {barred !== '' && <p className="max-w-60 px-2 py-1.5 text-xs text-dim">{barred}</p>}
      {open.length === 0 && barred === '' && <p className="max-w-60 px-2 py-1.5 text-xs text-dim">{stateWords[action.state]} by evidence. {onlyEvidence.split('. ')[0]}.</p>}
      {barred === '' && open.length > 0 && <MenuTitle>Move to</MenuTitle>}
      {barred === '' && open.map((m) => <MenuItem key={m} onSelect={() => moving.to(action, m)}>{verbs[m] ?? m}</MenuItem>)}
      {barred === '' && <MenuItem onSelect={() => moving.assign(action)}>Assign…</MenuItem>}
      <MenuLine />
      <MenuLink to={paths.exposures} search={{ q: exposuresSearch(action) }}>Its exposures</MenuLink>
      <MenuLink to={paths.service(action.service)}>The service {action.service}</MenuLink>
    </Menu>
  )
}
