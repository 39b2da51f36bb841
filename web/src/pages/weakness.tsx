import { useQuery } from '@tanstack/react-query'
import { useParams } from '@tanstack/react-router'
import { answer, api } from '@/api/client'
import { paths } from '@/app/paths'
import { useNewsList } from '@/intel/ask'
import { NewsDays } from '@/intel/parts'
import { useAsked } from '@/overview/ask'
import { both, quoted } from '@/state/query-text'
import { buttonLook } from '@/ui/button'
import { CopyButton } from '@/ui/copy-button'
import { Page } from '@/ui/page'
import { PageLink } from '@/ui/page-link'
import { PanelFrame } from '@/ui/panel-frame'
import { StatNumber } from '@/ui/stat-number'

/** A weakness by its name: where it is here, and what was said of it in the world. */
export function Weakness() {
  const { id = '' } = useParams({ strict: false })
  const word = `cve:${quoted(id)}`
  const actions = <PageLink to={paths.affected(id)} className={buttonLook('primary')}>Are we affected by it?</PageLink>
  return (
    <Page page="Intel" object={id} question="What is known of it, and does it touch us?" title={<>{id}<CopyButton text={id} what="name" /></>} actions={actions}>
      <div className="panels rail:grid-cols-2">
        <Here word={word} id={id} />
        <News id={id} />
      </div>
    </Page>
  )
}

const narrower = [
  { label: 'live exposures', terms: '' },
  { label: 'to act on now', terms: 'decision:act' },
  { label: 'reachable from the internet', terms: 'reach:yes' },
  { label: 'without an owner', terms: 'owner:none' },
  { label: 'closed', terms: 'is:closed' },
]

function Here({ word, id }: { word: string; id: string }) {
  const asked = useAsked()
  const q = both(word, asked.q ?? '')
  const counts = useQuery({
    queryKey: ['weakness', id, asked],
    queryFn: async ({ signal }) => Promise.all(narrower.map(async (n) => {
      const query = { ...asked, q: both(q, n.terms), limit: 1 }
      return answer(await api.GET('/api/v1/exposures', { params: { query }, signal })).total
    })),
  })
  const [live = 0] = counts.data ?? []
  return (
    <PanelFrame id="here" subject="What it touches" title={counts.data ? (live > 0 ? `It touches ${live} live ${live === 1 ? 'exposure' : 'exposures'} here` : 'No live exposure to it here') : 'Here'} loading={counts.isLoading} error={counts.data ? undefined : counts.error} onRetry={() => void counts.refetch()}>
      <ul className="flex flex-col">
        {narrower.map((n, i) => (
          <li key={n.label} className="flex items-center justify-between border-b border-hairline py-1 text-sm last:border-0">
            <span className="inline-block first-letter:uppercase">{n.label}</span>
            <StatNumber count={counts.data?.[i] ?? 0} to={paths.exposures} search={{ q: both(word, n.terms) }} label={n.label} />
          </li>
        ))}
      </ul>
      {live === 0 && counts.data && <p className="mt-2 text-xs text-faint">Whether that means “not affected” is answered with its coverage on the page “Are we affected?”.</p>}
    </PanelFrame>
  )
}

function News({ id }: { id: string }) {
  const list = useNewsList(true)
  const mine = list.items.filter((c) => c.subject.toLowerCase() === id.toLowerCase())
  return (
    <PanelFrame id="weakness-news" subject="What was said" title={mine.length > 0 ? 'What changed in the last 90 days' : 'No news of it among those read last'} flush loading={list.loading} error={list.loaded === 0 ? list.error : undefined} onRetry={list.retry}>
      {mine.length > 0 ? <NewsDays list={mine} /> : <p className="px-4 pb-4 text-sm text-dim">The feeds said nothing new about it; an exposure to it carries its full record. <PageLink to={paths.intel} search={{ show: 'all' }} className="link target">All news</PageLink></p>}
    </PanelFrame>
  )
}
