import { screen } from '@testing-library/react'
import { describe, expect, it } from 'vitest'
import { GateBars, type GateBar } from '@/charts/gate-bars'
import { linear, ticks } from '@/charts/scale'
import { TrendLine } from '@/charts/trend-line'
import { renderAt } from '@/test-frame'
import { EvidenceLadder } from './evidence-ladder'
import { gateCells, GateStrip } from './gate-strip'
import { Timeline } from './timeline'
import { steps, Waterfall } from './waterfall'

const factor = (name: string, points: number) => ({ name, points, evidence: '', source: '', age: null, assumed: false })

describe('Waterfall', () => {
  it('begins each part where the last one ended', () => {
    expect(steps([factor('a', 500), factor('b', -70), factor('c', 30)]).map((s) => [s.from, s.to])).toEqual([[0, 500], [500, 430], [430, 460]])
  })
  it('says the sum of its parts', async () => {
    const { container } = await renderAt('/', () => <Waterfall factors={[factor('a', 500), factor('b', -70)]} score={430} rules="v12" />)
    expect(container.querySelector('[data-chart=waterfall]')?.getAttribute('data-sum')).toBe('430')
    expect(screen.getByText(/Formula v12/)).toBeTruthy()
  })
})

describe('GateStrip', () => {
  it('reads its answers aloud, and never reads unknown as no', async () => {
    const gates = { running: 'yes', reachable: 'unknown', exploitable: 'no', matters: '' }
    await renderAt('/', () => <GateStrip cells={gateCells(gates, null)} />)
    expect(screen.getByRole('img').getAttribute('aria-label')).toBe('running: yes, reachable: unknown, exploitable: no, matters to the business: unknown, fix known: unknown')
  })
})

describe('GateBars', () => {
  it('makes each number a link that keeps the scope', async () => {
    const n = (count: number, query: string) => ({ count, query })
    const bar: GateBar = { gate: 'running', in: 10, yes: n(4, 'y'), unknown: n(1, 'u'), no: n(5, 'n'), through: n(5, 'running:yes,unknown') }
    await renderAt('/?env=prod&x=1', () => <GateBars bars={[bar]} />)
    const links = screen.getAllByRole('link').map((a) => [a.dataset['count'], a.getAttribute('href')])
    expect(links).toEqual([['5', '/exposures?env=prod&q=n'], ['5', '/exposures?env=prod&q=running:yes,unknown'], ['1', '/exposures?env=prod&q=u']])
  })
})

describe('EvidenceLadder', () => {
  it('shows an unknown rung as unknown, with no evidence said', async () => {
    const rung = (gate: string, verdict: string) => ({ gate, verdict, line: '', source: '', age: null, raw: '' })
    await renderAt('/', () => <EvidenceLadder rungs={[rung('running', 'unknown'), rung('matters', 'no')]} broken={(r) => `stops at ${r.gate}`} />)
    expect(screen.getAllByTestId('rung').map((r) => r.dataset['verdict'])).toEqual(['unknown', 'no'])
    expect(screen.getByText('stops at matters')).toBeTruthy()
  })
})

describe('Timeline', () => {
  it('puts events in order, with their time for machines', async () => {
    await renderAt('/', () => <Timeline events={[{ at: '2026-02-01T00:00:00Z', kind: 'fixed', words: 'b' }, { at: '2026-01-01T00:00:00Z', kind: 'published', words: 'a' }]} />)
    expect([...document.querySelectorAll('time')].map((t) => t.dateTime)).toEqual(['2026-01-01T00:00:00.000Z', '2026-02-01T00:00:00.000Z'])
  })
})

describe('scale', () => {
  it.each([[0, [0, 1]], [3, [0, 1, 2, 3]], [212, [0, 100, 200, 300]], [14000, [0, 5000, 10000, 15000]]])('ticks to %d', (most, want) => expect(ticks(most)).toEqual(want))
  it('is straight', () => expect(linear([0, 10], [100, 0])(2.5)).toBe(75))
})

describe('TrendLine', () => {
  it('says in words what it shows', async () => {
    await renderAt('/', () => <TrendLine unit="open exposures" points={[{ day: '2026-11-01', value: 20 }, { day: '2026-11-08', value: 12 }]} />)
    expect(screen.getByRole('img').getAttribute('aria-label')).toBe('open exposures: from 20 on 2026-11-01 to 12 on 2026-11-08, 2 points')
  })
})
