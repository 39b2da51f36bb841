import { useParams } from '@tanstack/react-router'
import { paths } from '@/app/paths'
import { cx } from '@/lib/class-names'
import { useSession } from '@/overview/session'
import { About } from '@/settings/about'
import { Appearance } from '@/settings/appearance'
import { type Section, sectionOf, sections, type Session } from '@/settings/model'
import { Password } from '@/settings/password'
import { Scope } from '@/settings/scope'
import { Tokens } from '@/settings/tokens'
import { Users } from '@/settings/users'
import { EmptyState } from '@/ui/empty-state'
import { Page } from '@/ui/page'
import { PageLink } from '@/ui/page-link'
import { Skeleton } from '@/ui/panel-frame'
import { ProblemNote } from '@/ui/problem-note'

export function Settings() {
  const { section = 'appearance' } = useParams({ strict: false })
  const asked = useSession()
  const known = sectionOf(section)
  const label = sections.find((s) => s.id === known)?.label ?? section
  return (
    <Page page="Settings" object={label} question="Who may do what; how it looks; what the business has said.">
      <div className="grid grid-cols-[minmax(0,1fr)] gap-x-8 gap-y-4 bar:grid-cols-[9rem_minmax(0,1fr)]">
        <nav aria-label="Settings" className="flex flex-wrap gap-1 bar:flex-col">
          {sections.map((s) => (
            <PageLink key={s.id} to={paths.settings(s.id)} aria-current={s.id === known ? 'page' : undefined}
              className={cx('flex h-8 shrink-0 items-center rounded-md px-2.5 text-sm font-medium', s.id === known ? 'bg-pointed text-ink' : 'text-dim hover:bg-hover hover:text-ink')}>{s.label}</PageLink>
          ))}
        </nav>
        <div className="min-w-0">
          {known === null && <EmptyState kind="filtered" title={`There is no section “${section}”.`} actions={<PageLink to={paths.settings('appearance')} className="link target">Appearance</PageLink>} />}
          {known === 'appearance' && <Appearance />}
          {known !== null && known !== 'appearance' && asked.isLoading && <Skeleton lines={5} />}
          {known !== null && known !== 'appearance' && asked.error && !asked.data && <ProblemNote error={asked.error} what="Your session" onRetry={() => void asked.refetch()} />}
          {asked.data && known && <Part section={known} session={asked.data} />}
        </div>
      </div>
    </Page>
  )
}

function Part({ section, session }: { section: Section; session: Session }) {
  switch (section) {
    case 'users': return <Users session={session} />
    case 'tokens': return <Tokens session={session} />
    case 'password': return <Password session={session} />
    case 'scope': return <Scope session={session} />
    case 'about': return <About session={session} />
    default: return null
  }
}
