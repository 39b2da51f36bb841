import { paths } from '@/app/paths'
import { PageLink } from '@/ui/page-link'
import { Popover, PopoverClose } from '@/ui/popover'
import { visibleWords, type Visible } from './visible'

interface Props {
  name: string
  role: string
  version: string
  visible: Visible | undefined
  onSignOut: () => void
}

const row = 'flex h-8 w-full items-center rounded-md px-2 text-left hover:bg-pointed'

/** Who one is here, and the way out. */
export function AccountMenu({ name, role, version, visible, onSignOut }: Props) {
  const trigger = (
    <button type="button" data-testid="account" aria-label={`Account: ${name}, ${role}`} title={`${name}, ${role}`}
      className="grid size-8 shrink-0 place-items-center rounded-md hover:bg-hover">
      <span aria-hidden="true" className="grid size-6 place-items-center rounded-full bg-ink text-xs font-semibold text-inverse">{initial(name)}</span>
    </button>
  )
  return (
    <Popover trigger={trigger} label="Account" align="end">
      <div className="w-56">
        <div className="px-2 pt-1.5 pb-2" data-testid="account-who">
          <p className="truncate font-medium foreign">{name}</p>
          <p className="text-xs text-faint">{role}{visible && `, ${visibleWords(visible)}`}</p>
        </div>
        <ul className="border-t border-hairline py-1">
          <li><PopoverClose><PageLink to={paths.settings()} className={row}>Settings</PageLink></PopoverClose></li>
          <li><PopoverClose><PageLink to={paths.help} className={row}>Help</PageLink></PopoverClose></li>
          <li><PopoverClose><button type="button" className={row} onClick={onSignOut}>Sign out</button></PopoverClose></li>
        </ul>
        {version && <p className="border-t border-hairline px-2 py-1.5 text-xs text-faint">tidemark {version}</p>}
      </div>
    </Popover>
  )
}

/** One letter, whole: a name may begin with anything. */
function initial(name: string): string {
  return ([...name][0] ?? '?').toUpperCase()
}
