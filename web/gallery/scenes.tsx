import { useState } from 'react'
import { ApiError } from '@/api/problem'
import { GateBars, gateSheet } from '@/charts/gate-bars'
import { SlaBars, slaSheet } from '@/charts/sla-bars'
import { SpreadMatrix } from '@/charts/spread-matrix'
import { TrendLine, trendSheet } from '@/charts/trend-line'
import { VerdictChip } from '@/charts/verdict-chip'
import { EvidenceLadder } from '@/evidence/evidence-ladder'
import { GateKey } from '@/evidence/gate-strip'
import { Timeline } from '@/evidence/timeline'
import { factorSheet, Waterfall } from '@/evidence/waterfall'
import { decisions } from '@/lib/decision'
import { toggleFacet } from '@/state/query-text'
import { useHistoryKey, useView } from '@/state/view'
import { ColumnMenu } from '@/table/column-menu'
import { shownColumns } from '@/table/columns'
import { DataTable } from '@/table/data-table'
import { FacetPanel } from '@/table/facet-panel'
import { useCursor } from '@/table/remember'
import { QueryBox } from '@/table/query-box'
import { Button } from '@/ui/button'
import { CodeBlock } from '@/ui/code-block'
import { ConfirmDialog } from '@/ui/confirm-dialog'
import { EmptyState } from '@/ui/empty-state'
import { Field, Switch } from '@/ui/field'
import { FileDrop } from '@/ui/file-drop'
import { DecisionChip, SeverityMark } from '@/ui/mark'
import { Page } from '@/ui/page'
import { PanelFrame } from '@/ui/panel-frame'
import { Select } from '@/ui/select'
import { StatNumber } from '@/ui/stat-number'
import { Tabs } from '@/ui/tabs'
import { Age, Time } from '@/ui/time'
import { useToast } from '@/ui/toast'
import { columns } from './columns'
import { bars, events, facets, factors, madeUp, owners, rungs, trend } from './made-up'

const foot = { asOf: '2026-11-22T12:03:00Z', rows: 12481, took: 38, rules: 'v12', requestId: '7f3a' }

export function OverviewScene() {
  return (
    <Page page="Overview" foot={foot} question="How exposed are we now, is it getting better, what must happen today?"
      title={<><StatNumber count={12} to="/exposures" search={{ q: 'decision:act' }} label="exposures need action now" size="title" /> exposures need action now, falling for 5 weeks; 3 are late.</>}>
      <div className="panels rail:grid-cols-[minmax(0,3fr)_minmax(0,2fr)]">
        <PanelFrame id="gates" subject="What survives each gate" title="12 of 12,481 survive every gate" note="Live exposures. Unknown counts as yes and stays hatched." sheet={gateSheet(bars)} computed={<p>Each gate takes what the gate before let through.</p>}>
          <GateBars bars={bars} />
        </PanelFrame>
        <PanelFrame id="today" subject="Today" title="Five to begin with" flush>
          <ul>
            {[0, 1, 6, 7, 13].map(madeUp).map((e) => (
              <li key={e.id} className="flex flex-col gap-0.5 border-t border-hairline px-4 py-2.5">
                <span className="flex items-center gap-3"><DecisionChip decision={e.decision} short /><a href="#x" className="row-link"><span className="truncate">{e.component} in {e.service}</span></a><span className="ml-auto text-xs text-faint"><Age at={e.due} /></span></span>
                <span className="pl-6.5 text-xs text-faint">{[e.environment, ...e.because, e.owner || 'no owner'].join(' · ')}</span>
              </li>
            ))}
          </ul>
        </PanelFrame>
        <PanelFrame id="trend" subject="The trend" title="Open exposures fall" note="26 weeks" sheet={trendSheet(trend, 'open exposures')} aside={<VerdictChip word="falling" rule="6 of the last 6 points are below the centre, 188" />}>
          <TrendLine points={trend} unit="open exposures" limits={{ centre: 188, upper: 214, lower: 162 }} />
        </PanelFrame>
        <PanelFrame id="sla" subject="Deadlines" title="3 are late, 17 due within 7 days" sheet={slaSheet(owners)}>
          <SlaBars owners={owners} />
        </PanelFrame>
      </div>
    </Page>
  )
}

export function ListScene() {
  const [view, setView] = useView({ q: 'decision:act', sort: '-score', cols: '' })
  const [chosen, setChosen] = useState<ReadonlySet<string>>(new Set())
  const memory = useHistoryKey()
  const [current, setCurrent] = useCursor(memory)
  const error = view.q.includes('sevrity') ? new ApiError({ title: 'Bad query', status: 400, detail: 'no key "sevrity"', hint: 'did you mean "sev"?', code: 'invalid', request_id: 'r1', errors: [] }) : null
  return (
    <Page page="Exposures" question="Which of these matter, and what do we decide?" foot={foot} full actions={<><Select label="Group by" value="none" choices={[{ value: 'none', label: 'Not grouped' }, { value: 'fix', label: 'By fix' }]} onChange={() => undefined} /><ColumnMenu columns={columns} cols={view.cols} onCols={(cols) => setView({ cols })} /></>}>
      <div className="mb-3 flex flex-wrap items-start gap-3"><QueryBox value={view.q} onChange={(q) => setView({ q })} error={error} /><p className="flex h-8 items-center text-sm text-dim">100,000 of 112,481</p></div>
      <div className="flex h-[36rem] min-h-0 min-w-0 gap-4">
        <aside className="w-60 shrink-0 overflow-y-auto max-rail:hidden">
          <FacetPanel facets={facets} names={{ decision: 'Decision', reach: 'Reachable', owner: 'Owner' }} onToggle={(key, value, mode) => setView({ q: toggleFacet(view.q, key, value, mode) })} />
        </aside>
        <DataTable
          label="Exposures" columns={shownColumns(columns, view.cols)} total={100_000} row={madeUp} rowKey={(r) => r.id} sort={view.sort} onSort={(sort) => setView({ sort })}
          current={current} onCurrent={setCurrent} onOpen={() => undefined} chosen={chosen} onChosen={setChosen} memory={memory} rowsOf={view.q + view.sort}
        />
      </div>
      <div className="pt-3"><GateKey /></div>
    </Page>
  )
}

export function ExposureScene() {
  const [view, setView] = useView({ tab: 'why' })
  return (
    <Page page="Exposures" object="EXP-1042" foot={foot} title={<span className="flex flex-wrap items-center gap-x-3"><DecisionChip decision="act" /> EXP-1042 <span className="text-dim font-normal">score 871</span></span>} question="Why this decision, what would change it, how do we fix it?" actions={decisions.map((d, i) => <Button key={d} small>{i + 1} <DecisionChip decision={d} /></Button>)}>
      <p className="mb-4 max-w-4xl text-lg text-pretty"><b>Act now</b> because log4j-core 2.14.1 <a className="link" href="#rung-running">runs</a> in checkout (prod-eu), the <a className="link" href="#rung-reachable">internet may reach</a> it, and it is <a className="link" href="#rung-exploitable">exploited in the wild</a>.</p>
      <div className="panels items-start rail:grid-cols-[minmax(0,2fr)_minmax(0,1fr)]">
        <Tabs label="EXP-1042" value={view.tab} onChange={(tab) => setView({ tab })} tabs={[
          { id: 'why', label: 'Why', content: <div className="flex flex-col gap-4"><PanelFrame id="ladder" subject="Evidence" title="4 of 5 rungs hold or are unknown"><EvidenceLadder rungs={rungs} broken={() => 'Does not matter enough: the decision is Watch at most.'} /></PanelFrame><PanelFrame id="score" subject="The score" title="871, mostly because it is exploited" sheet={factorSheet(factors)}><Waterfall factors={factors} score={871} rules="v12" /></PanelFrame></div> },
          { id: 'timeline', label: 'Timeline', content: <Timeline events={events} /> },
        ]} />
        <div className="flex flex-col gap-4">
          <PanelFrame id="when" subject="Timeline" title="Deployed 81 days before it was due"><Timeline events={events} /></PanelFrame>
          <PanelFrame id="fix" subject="Fix" title="log4j-core to 2.17.1"><CodeBlock what="command" text="mvn versions:use-dep-version -Dincludes=org.apache.logging.log4j:log4j-core -DdepVersion=2.17.1" /></PanelFrame>
        </div>
      </div>
    </Page>
  )
}

export function KitScene() {
  const { say } = useToast()
  const [on, setOn] = useState(true)
  const [asking, setAsking] = useState(false)
  const cells = ['act', 'none', 'schedule', 'unknown'] as const
  return (
    <Page page="Kit" question="Do the parts fit together?">
      <div className="panels rail:grid-cols-2">
        <PanelFrame id="marks" subject="Marks" title="Decisions and severities">
          <div className="flex flex-wrap gap-4">{([...decisions, 'unknown'] as const).map((d) => <DecisionChip key={d} decision={d} />)}</div>
          <div className="mt-3 flex flex-wrap gap-4">{(['critical', 'high', 'medium', 'low', 'none', 'unknown'] as const).map((s) => <span key={s} className="flex gap-2"><SeverityMark severity={s} /><SeverityMark severity={s} short={false} /></span>)}</div>
          <p className="mt-3 flex gap-4 text-sm"><Time at="2026-11-20T10:00:00Z" /><Age at="2026-11-20T10:00:00Z" /><Age at={null} /></p>
          <div className="mt-3 flex flex-wrap gap-4">{['rising', 'stable', 'falling', 'too little data', 'not comparable'].map((w) => <VerdictChip key={w} word={w} rule="rule" />)}</div>
        </PanelFrame>
        <PanelFrame id="buttons" subject="Buttons" title="Buttons and fields">
          <div className="flex flex-wrap gap-2"><Button kind="primary" onClick={() => say('Decided Act now on EXP-1042', () => undefined)}>Decide</Button><Button>Plain</Button><Button kind="quiet">Quiet</Button><Button kind="danger" onClick={() => setAsking(true)}>Revoke</Button><Button small>Small</Button><Button disabled>Disabled</Button></div>
          <div className="mt-4 grid gap-4"><Field label="Name" hint="As in the audit log." /><Field label="Ends" fault="Say until when." defaultValue="x" /><Select label="Role" showLabel value="a" choices={[{ value: 'a', label: 'Auditor' }]} onChange={() => undefined} /><Switch label="Letter keys" hint="Ctrl-K works either way." on={on} onChange={setOn} /></div>
        </PanelFrame>
        <PanelFrame id="matrix" subject="Spread" title="In 3 of 4 services">
          <SpreadMatrix label="Where it is" rowsAre="Service" columns={['prod-eu', 'prod-us', 'staging']} rows={['checkout', 'search', 'orders', 'a-service-with-a-very-long-name-indeed'].map((name, i) => ({ name, cells: [0, 1, 2].map((j) => cells[(i + j) % 4] ?? 'none') }))} cell={(c) => <DecisionChip decision={c} />} legend="Hatched: no evidence" />
        </PanelFrame>
        <PanelFrame id="drop" subject="File" title="Send a bill of materials"><FileDrop what="CycloneDX or SPDX document" onText={() => Promise.reject(new Error('line 12: no bomFormat'))} /></PanelFrame>
      </div>
      <ConfirmDialog open={asking} onClose={() => setAsking(false)} title="Revoke the token ci?" description="Who uses it is shut out at once." verb="Revoke" reason="required" danger onConfirm={() => Promise.resolve()} />
    </Page>
  )
}

export function StatesScene() {
  const broken = new ApiError({ title: 'Unavailable', status: 503, detail: 'the store is being restored', hint: 'Try again in a minute.', code: 'unavailable', request_id: '7f3ac91d', errors: [] })
  return (
    <Page page="States" question="What do we show when there is nothing to show?">
      <div className="panels rail:grid-cols-2">
        <PanelFrame id="s1" subject="First run" title="Exposures"><EmptyState kind="first-run" title="Nothing is connected yet." actions={<><Button kind="primary">Connect a source</Button><Button>Copy the command</Button></>}>Push one SBOM and one deployment to see your first exposure.</EmptyState></PanelFrame>
        <PanelFrame id="s2" subject="Filtered" title="Exposures"><EmptyState kind="filtered" title="0 of 12,481 exposures match kev:yes env:dev." actions={<><Button>Remove last filter</Button><Button kind="quiet">Clear all</Button></>} /></PanelFrame>
        <PanelFrame id="s3" subject="Done" title="Exposures"><EmptyState kind="done" title="Nothing to act on now.">412 exposures are under watch. Checked 3 min ago; coverage 97 %.</EmptyState></PanelFrame>
        <PanelFrame id="s4" subject="Blind" title="Exposures"><EmptyState kind="blind" title="We cannot say: no runtime evidence from prod-eu for 31 h." actions={<Button>Open sources</Button>} /></PanelFrame>
        <PanelFrame id="s5" subject="The trend" title="Trend" error={broken} onRetry={() => undefined}>{null}</PanelFrame>
        <PanelFrame id="s6" subject="The trend" title="Trend" loading waiting="Counting 1.2 M rows…">{null}</PanelFrame>
      </div>
    </Page>
  )
}
