import {
  Boxes, CircleHelp, Gauge, type LucideIcon, Newspaper, Package, Plug, ScrollText, SearchCheck, Settings, ShieldAlert, Wrench,
} from 'lucide-react'
import { paths } from '@/app/paths'

/** A page of the rail. */
export interface Place {
  name: string
  /** Where the rail is a bar at the foot of a phone. */
  short: string
  to: string
  sign: LucideIcon
  group: 'Now' | 'Decide' | 'Twin' | 'Act' | 'Data' | ''
  /** Second key after g. */
  key?: string
}

export const places: Place[] = [
  { name: 'Overview', short: 'Overview', to: paths.overview, sign: Gauge, group: 'Now', key: 'o' },
  { name: 'Exposures', short: 'Exposures', to: paths.exposures, sign: ShieldAlert, group: 'Decide', key: 'e' },
  { name: 'Are we affected?', short: 'Affected?', to: paths.affected(), sign: SearchCheck, group: 'Decide', key: 'a' },
  { name: 'Twin', short: 'Twin', to: paths.twin, sign: Boxes, group: 'Twin', key: 't' },
  { name: 'Products', short: 'Products', to: paths.products, sign: Package, group: 'Twin', key: 'p' },
  { name: 'Actions', short: 'Actions', to: paths.actions, sign: Wrench, group: 'Act', key: 'b' },
  { name: 'Sources', short: 'Sources', to: paths.sources, sign: Plug, group: 'Data', key: 's' },
  { name: 'Intel', short: 'Intel', to: paths.intel, sign: Newspaper, group: 'Data', key: 'i' },
  { name: 'Audit log', short: 'Audit', to: paths.audit, sign: ScrollText, group: '' },
  { name: 'Settings', short: 'Settings', to: paths.settings(), sign: Settings, group: '' },
  { name: 'Help', short: 'Help', to: paths.help, sign: CircleHelp, group: '' },
]

/** Which page an address belongs to: /exposures/EXP-1 is in Exposures. */
export function placeOf(path: string): Place | undefined {
  const head = (to: string) => to.split('/')[1]
  return places.find((p) => head(p.to) === head(path))
}
