import { PageLink } from '@/ui/page-link'
import { useLive, useOverview } from '@/overview/ask'
import { ChangesPanel } from '@/overview/changes-panel'
import { DeadlinesPanel } from '@/overview/deadlines-panel'
import { DrillButton } from '@/overview/drill-strip'
import { FirstRunPage } from '@/overview/first-run'
import { GatesPanel, type PartProps } from '@/overview/gates-panel'
import { Headline, Visible } from '@/overview/headline'
import { SourcesPanel } from '@/overview/sources-panel'
import { TodayPanel } from '@/overview/today-panel'
import { TrendPanel } from '@/overview/trend-panel'
import { paths } from '@/app/paths'
import { Page } from '@/ui/page'

export function Overview() {
  const asked = useOverview()
  useLive('overview', 'sources', 'drill', 'first-run')
  const doc = asked.data
  const part: PartProps = { doc, error: asked.error, busy: asked.isPlaceholderData, onRetry: () => void asked.refetch() }
  return (
    <Page
      page="Overview" question="How exposed are we now, is it getting better, what must happen today?"
      title={doc ? <Headline doc={doc} /> : <span className="block max-bar:min-h-[5.1rem]">Overview</span>} actions={<DrillButton />} foot={{ asOf: doc?.as_of ?? null }}
      arrived={!asked.isLoading}
    >
      {doc && <Visible doc={doc} />}
      {doc?.state === 'first-run' ? <FirstRunPage /> : <Blocks part={part} />}
    </Page>
  )
}

function Blocks({ part }: { part: PartProps }) {
  const { doc } = part
  return (
    <>
      {doc?.state === 'blind' && <Blind sentence={doc.standing.sentence} />}
      <div className="panels gap-3 rail:grid-cols-[minmax(0,3fr)_minmax(0,2fr)]" data-testid="blocks" data-state={doc ? doc.state || 'ready' : 'loading'}>
        <div className="panels content-start gap-3">
          <GatesPanel {...part} />
          <div className="panels gap-3 wide:grid-cols-2">
            <TrendPanel days={doc?.trend} verdict={doc?.verdict} error={part.error} busy={part.busy} onRetry={part.onRetry} />
            <DeadlinesPanel {...part} />
          </div>
        </div>
        <div className="panels content-start gap-3">
          <TodayPanel {...part} />
          <ChangesPanel {...part} />
          <SourcesPanel doc={doc} />
        </div>
      </div>
    </>
  )
}

function Blind({ sentence }: { sentence: string }) {
  return (
    <p data-state="blind" data-testid="blind" className="mb-3 flex flex-wrap items-center gap-x-3 rounded-lg border border-amber-edge bg-amber px-4 py-2 text-sm text-amber-ink">
      <span className="foreign">{sentence}</span>
      <PageLink to={paths.sources} className="target font-medium underline underline-offset-2">Open sources</PageLink>
    </p>
  )
}
