import { paths } from '@/app/paths'
import { Menu, MenuItem, MenuLine, MenuLink } from '@/ui/menu'
import { visibleWords, type Visible } from './visible'

interface Props {
  name: string
  role: string
  version: string
  visible: Visible | undefined
  onSignOut: () => void
}

/** Who one is here, and the way out. */
export function AccountMenu({ name, role, version, visible, onSignOut }: Props) {
  const trigger = (
    <button type="button" data-testid="account" aria-label={`Account: ${name}, ${role}`} title={`${name}, ${role}`}
      className="grid size-8 shrink-0 place-items-center rounded-md hover:bg-hover">
      <span aria-hidden="true" className="grid size-6 place-items-center rounded-full bg-ink text-xs font-semibold text-inverse">{initial(name)}</span>
    </button>
  )
  return (
    <Menu trigger={trigger}>
      <div className="max-w-64 px-2 pt-1.5 pb-1 text-sm" data-testid="account-who">
        <p className="truncate font-medium foreign">{name}</p>
        <p className="text-xs text-faint">{role}{visible && `, ${visibleWords(visible)}`}</p>
      </div>
      <MenuLine />
      <MenuLink to={paths.settings()}>Settings</MenuLink>
      <MenuLink to={paths.help}>Help</MenuLink>
      <MenuItem onSelect={onSignOut}>Sign out</MenuItem>
      {version && <p className="px-2 pt-1 pb-1.5 text-xs text-faint">tidemark {version}</p>}
    </Menu>
  )
}

/** One letter, whole: a name may begin with anything. */
function initial(name: string): string {
  return ([...name][0] ?? '?').toUpperCase()
}
