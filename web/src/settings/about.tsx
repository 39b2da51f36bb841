import { useQuery } from '@tanstack/react-query'
import { answer, api } from '@/api/client'
import { useFeeds } from '@/intel/ask'
import { feedsSentence } from '@/intel/model'
import { FeedTable } from '@/intel/parts'
import { useNow } from '@/state/now'
import { PanelFrame } from '@/ui/panel-frame'
import { healthWords, type Session } from './model'

/** Which build this is, which rules decide, and how old what it knows is. */
export function About({ session }: { session: Session }) {
  const feeds = useFeeds()
  const now = useNow()
  const may = session.may.includes('maintain')
  const doctor = useQuery({ queryKey: ['doctor'], enabled: may, queryFn: async ({ signal }) => answer(await api.GET('/api/v1/doctor', { signal })) })
  const overview = useQuery({ queryKey: ['rules'], queryFn: async ({ signal }) => {
    const first = answer(await api.GET('/api/v1/exposures', { params: { query: { limit: 1 } }, signal })).items[0]
    return first ? answer(await api.GET('/api/v1/exposures/{id}/explanation', { params: { path: { id: first.id } }, signal })).rules : ''
  } })
  return (
    <div className="panels">
      <PanelFrame id="about" subject="About" title={`tidemark ${session.version}`} note={session.demo ? 'This is the demo: its company is made up.' : undefined} className="max-w-2xl">
        <dl className="grid grid-cols-[auto_minmax(0,1fr)] items-baseline gap-x-6 gap-y-1.5 text-sm">
          <dt className="text-faint">Rules that decide</dt><dd>{overview.data || (overview.isLoading ? '…' : 'shown with the first exposure')}</dd>
          <dt className="text-faint">Signed in as</dt><dd className="foreign">{session.name}, {session.role}</dd>
          <dt className="text-faint">May</dt><dd>{session.may.join(', ')}</dd>
          <dt className="text-faint">API</dt><dd><a className="link target" href="/openapi.json">/openapi.json</a></dd>
          <dt className="text-faint">Licence</dt><dd>Apache-2.0</dd>
        </dl>
      </PanelFrame>
      {may && (
        <PanelFrame id="doctor" subject="The health" title={doctor.data ? healthWords(doctor.data) : 'Health'} loading={doctor.isLoading} error={doctor.data ? undefined : doctor.error} onRetry={() => void doctor.refetch()}>
          <ul className="flex flex-col text-sm">
            {doctor.data?.checks.map((c) => (
              <li key={c.name} data-state={c.status} className="flex flex-wrap gap-x-3 border-b border-hairline py-1 last:border-0">
                <span className="w-40 font-medium">{c.name}</span>
                <span className={c.status === 'ok' ? 'w-16 text-dim' : 'w-16 font-medium text-more'}>{c.status}</span>
                <span className="grow basis-60 foreign">{c.detail}{c.hint && c.status !== 'ok' && <span className="text-faint"> {c.hint}</span>}</span>
              </li>
            ))}
          </ul>
        </PanelFrame>
      )}
      <PanelFrame id="about-feeds" subject="The feeds" title={feeds.data ? feedsSentence(feeds.data.items, now) : 'Feeds'} flush loading={feeds.isLoading} error={feeds.data ? undefined : feeds.error} onRetry={() => void feeds.refetch()}>
        <FeedTable feeds={feeds.data?.items ?? []} />
      </PanelFrame>
    </div>
  )
}
