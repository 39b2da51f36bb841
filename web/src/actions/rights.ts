import { useSession } from '@/overview/session'
import { useAsOf } from '@/state/view'

/** Why this person cannot move actions here and now; "" when they may. The server has the last word. */
export function useWorkRefusal(): string {
  const { data } = useSession()
  const past = useAsOf()
  if (past) return 'You look at the past: return to now to move actions.'
  if (data && !data.may.includes('work')) return `As ${data.role} you may not move actions. Triagers, owners of the service and operators may.`
  return ''
}
