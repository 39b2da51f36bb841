import { useEffect, useState } from 'react'
import { Timeline } from '@/evidence/timeline'
import { cx } from '@/lib/class-names'
import { PanelFrame } from '@/ui/panel-frame'
import { Tabs } from '@/ui/tabs'
import { EvidenceTab } from './evidence-tab'
import { FixPanel } from './fix-panel'
import { Sentence } from './head'
import { DeadlinePanel, Decided } from './side'
import type { PageDoc } from './use-page'
import { Why } from './why'

interface Props {
  doc: PageDoc
  tab: string
  onTab: (tab: string) => void
  /** One column: beside the list. */
  narrow?: boolean
  /** Whether the keys act here. */
  mine: boolean
}

/** The whole of an exposure below its title: in the page and in the pane. */
export function ExposureBody({ doc, tab, onTab, narrow = false, mine }: Props) {
  const [target, setTarget] = useState('')
  useEffect(() => {
    if (target === '') return
    const part = document.getElementById(target)
    if (!part) return
    part.scrollIntoView({ block: 'center' })
    part.tabIndex = -1
    part.focus({ preventScroll: true })
    setTarget('')
  }, [target, tab])
  const go = (to: string) => {
    const home = to === 'panel-fix' ? (narrow ? 'fix' : tab) : 'why'
    if (home !== tab) onTab(home)
    setTarget(to === 'panel-fix' ? 'fix' : to)
  }
  const title = doc.title
  return (
    <>
      {doc.exposure.state === 'withdrawn' && <Withdrawn doc={doc} />}
      <Sentence doc={doc} onGo={go} />
      {title && <p className="mt-1 max-w-4xl text-sm text-dim foreign" data-testid="weakness-title">{doc.exposure.weakness}: {title}</p>}
      <div className={cx('mt-4 grid grid-cols-[minmax(0,1fr)] items-start gap-4', !narrow && 'rail:grid-cols-[minmax(0,2fr)_minmax(19rem,1fr)]')}>
        {narrow && <Decided doc={doc} mine={mine} narrow />}
        <Tabs label={doc.exposure.id} value={tab} onChange={onTab} tabs={tabsOf(doc, narrow)} />
        {!narrow && (
          <div className="flex min-w-0 flex-col gap-4">
            <Decided doc={doc} mine={mine} narrow={false} />
            <FixPanel doc={doc} />
            <DeadlinePanel doc={doc} />
          </div>
        )}
      </div>
    </>
  )
}

function tabsOf(doc: PageDoc, narrow: boolean) {
  const tabs = [
    { id: 'why', label: 'Why', content: <Why doc={doc} /> },
    { id: 'timeline', label: 'Timeline', content: <TimelinePanel doc={doc} /> },
    { id: 'evidence', label: 'Evidence', content: <EvidenceTab doc={doc} /> },
  ]
  if (!narrow) return tabs
  const fix = { id: 'fix', label: 'Fix and deadline', content: <div className="flex flex-col gap-4"><FixPanel doc={doc} /><DeadlinePanel doc={doc} /></div> }
  return [tabs[0], fix, tabs[1], tabs[2]].filter((t) => t !== undefined)
}

function TimelinePanel({ doc }: { doc: PageDoc }) {
  const sheet = { head: ['At', 'Kind', 'What', 'By'], rows: doc.timeline.map((e) => [e.at, e.kind, e.words, e.by ?? '']) }
  const [first] = doc.timeline
  return (
    <PanelFrame id="timeline" subject="The timeline" title={first ? `${doc.timeline.length} events` : 'Nothing has happened yet'} note="Times are yours; hover for UTC." sheet={sheet}>
      <Timeline events={doc.timeline.map(({ at, kind, words, by }) => ({ at, kind, words, ...(by ? { by } : {}) }))} />
    </PanelFrame>
  )
}

function Withdrawn({ doc }: { doc: PageDoc }) {
  return (
    <p role="status" data-state="withdrawn" className="mb-3 rounded-lg border border-amber-edge bg-amber px-3 py-2 text-sm text-amber-ink foreign">
      The advisory was withdrawn{doc.exposure.state_reason && `: ${doc.exposure.state_reason}`}. What happened before is kept.
    </p>
  )
}
