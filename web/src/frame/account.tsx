import { useQueryClient } from '@tanstack/react-query'
import { useNavigate } from '@tanstack/react-router'
import { CircleUser } from 'lucide-react'
import { api } from '@/api/client'
import { paths } from '@/app/paths'
import { IconButton } from '@/ui/button'
import { Menu, MenuItem, MenuLine, MenuLink, MenuTitle } from '@/ui/menu'
import { useToast } from '@/ui/toast'

interface Props {
  session: { name: string; role: string; version: string }
}

/** Who one is, and the way out. */
export function Account({ session }: Props) {
  const client = useQueryClient()
  const navigate = useNavigate()
  const { say } = useToast()
  const leave = async () => {
    try {
      await api.DELETE('/api/v1/session', {})
      client.clear()
      void navigate({ to: paths.login })
    } catch (error) {
      say(error instanceof Error ? `Still signed in: ${error.message}` : 'Still signed in.')
    }
  }
  return (
    <Menu trigger={<IconButton label={`Signed in as ${session.name}`} data-testid="account"><CircleUser size={16} aria-hidden="true" /></IconButton>}>
      <MenuTitle>{session.name}, {session.role}</MenuTitle>
      <MenuLink to={paths.settings('appearance')}>Settings</MenuLink>
      <MenuLink to={paths.connect}>Connect a source</MenuLink>
      <MenuLine />
      <MenuItem onSelect={() => void leave()}>Log out</MenuItem>
      <MenuTitle>tidemark {session.version}</MenuTitle>
    </Menu>
  )
}
