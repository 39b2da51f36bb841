import { useRouterState } from '@tanstack/react-router'
import { Ellipsis } from 'lucide-react'
import { useState } from 'react'
import { cx } from '@/lib/class-names'
import { Dialog } from '@/ui/dialog'
import { PageLink } from '@/ui/page-link'
import { type Place, placeOf, places } from './places'

/** Things of a page that need this person: { '/sources': 'stale' }. Never mere counts. */
export type Badges = Record<string, string>

const groups: Place['group'][] = ['Now', 'Decide', 'Twin', 'Act', 'Data', '']

function useHere(): string {
  return useRouterState({ select: (s) => placeOf(s.location.pathname)?.to ?? '' })
}

/** The pages, at the left; icons only where it is narrow. */
export function Rail({ badges }: { badges: Badges }) {
  const here = useHere()
  return (
    <nav aria-label="Pages" data-testid="rail" className="sticky top-0 flex h-dvh w-(--rail) shrink-0 flex-col gap-3 overflow-y-auto border-r border-hairline px-2.5 py-3 max-bar:hidden">
      <PageLink to="/overview" className="flex h-8 items-center gap-2.5 rounded-md px-2 font-semibold tracking-tight" aria-label="tidemark, to the overview">
        <Sign /><span className="max-rail:hidden">tidemark</span>
      </PageLink>
      {groups.map((group) => (
        <div key={group} className={group === '' ? 'mt-auto' : undefined}>
          {group !== '' && <p className="eyebrow px-2 pb-0.5 max-rail:sr-only">{group}</p>}
          <ul className="flex flex-col gap-px">
            {places.filter((p) => p.group === group).map((p) => <li key={p.to}><RailLink place={p} here={here === p.to} badge={badges[p.to]} /></li>)}
          </ul>
        </div>
      ))}
    </nav>
  )
}

function RailLink({ place, here, badge }: { place: Place; here: boolean; badge: string | undefined }) {
  const Icon = place.sign
  return (
    <PageLink
      to={place.to} title={badge ? `${place.name}: ${badge}` : place.name} aria-current={here ? 'page' : undefined}
      className={cx('relative flex h-8 items-center gap-2.5 rounded-md px-2 text-sm', here ? 'bg-hover font-medium text-ink' : 'text-dim hover:bg-hover hover:text-ink')}
    >
      <Icon size={16} strokeWidth={1.75} aria-hidden="true" className="shrink-0" />
      <span className="truncate max-rail:sr-only">{place.name}</span>
      {badge && <span className="ml-auto size-1.5 shrink-0 rounded-full bg-more max-rail:absolute max-rail:top-1.5 max-rail:right-1.5"><span className="sr-only">{badge}</span></span>}
    </PageLink>
  )
}

/** The same on a phone: four pages and the rest behind one button. */
export function FootBar({ badges }: { badges: Badges }) {
  const here = useHere()
  const [open, setOpen] = useState(false)
  const inBar = places.filter((p) => ['/overview', '/exposures', '/affected', '/actions'].includes(p.to))
  const rest = places.filter((p) => !inBar.includes(p))
  const look = (on: boolean) => cx('flex h-14 flex-col items-center justify-center gap-0.5 text-[0.6875rem]', on ? 'font-semibold text-ink' : 'text-dim')
  return (
    <nav aria-label="Pages, short" data-testid="foot-bar" className="no-print sticky bottom-0 z-30 grid grid-cols-5 border-t border-edge bg-surface bar:hidden">
      {inBar.map(({ to, short, sign: Icon }) => (
        <PageLink key={to} to={to} aria-current={here === to ? 'page' : undefined} className={look(here === to)}>
          <Icon size={18} strokeWidth={1.75} aria-hidden="true" />{short}
        </PageLink>
      ))}
      <button type="button" onClick={() => setOpen(true)} className={look(rest.some((p) => p.to === here))}><Ellipsis size={18} aria-hidden="true" />More</button>
      <Dialog open={open} onClose={() => setOpen(false)} title="More pages">
        <ul className="flex flex-col pb-2">
          {rest.map((p) => (
            <li key={p.to} onClick={() => setOpen(false)}><RailWordLink place={p} badge={badges[p.to]} /></li>
          ))}
        </ul>
      </Dialog>
    </nav>
  )
}

function RailWordLink({ place, badge }: { place: Place; badge: string | undefined }) {
  const Icon = place.sign
  return (
    <PageLink to={place.to} className="flex h-11 items-center gap-3 rounded-md px-2 hover:bg-hover">
      <Icon size={18} strokeWidth={1.75} aria-hidden="true" className="text-dim" />{place.name}
      {badge && <span className="ml-auto text-xs text-more">{badge}</span>}
    </PageLink>
  )
}

function Sign() {
  return (
    <svg width={20} height={20} viewBox="0 0 16 16" aria-hidden="true" className="shrink-0">
      <rect width="16" height="16" rx="3.5" className="fill-ramp-1" />
      <path d="M3 6.2c1.7-1.6 3.3-1.6 5 0s3.3 1.6 5 0M3 10.2c1.7-1.6 3.3-1.6 5 0s3.3 1.6 5 0" fill="none" strokeWidth="1.6" strokeLinecap="round" className="stroke-surface" />
    </svg>
  )
}
