import { fireEvent, screen, waitFor } from '@testing-library/react'
import { useState } from 'react'
import { beforeEach, describe, expect, it, vi } from 'vitest'
import { renderAt } from '@/test-frame'
import { type Column, direction, nextSort, shownColumns, toggledColumns } from './columns'
import { DataTable } from './data-table'
import { FacetPanel } from './facet-panel'
import { QueryBox, suggestion } from './query-box'
import { drawn } from './use-window'

interface Row { id: string }
const column = (id: string, more: Partial<Column<Row>> = {}): Column<Row> => ({ id, head: id, name: id, width: '6rem', cell: (r) => r.id, ...more })

describe('columns', () => {
  const all = [column('name', { fixed: true }), column('a'), column('b', { shown: false })]
  it('shows the first set, the wanted ones, and always the fixed', () => {
    expect([shownColumns(all, ''), shownColumns(all, 'b'), shownColumns(all, '-')].map((cs) => cs.map((c) => c.id).join())).toEqual(['name,a', 'name,b', 'name'])
  })
  it('forgets itself when it is the first set again', () => {
    expect([toggledColumns(all, '', 'b'), toggledColumns(all, 'a,b', 'b'), toggledColumns(all, '', 'a')]).toEqual(['a,b', '', '-'])
  })
  it('turns the sort round', () => {
    expect([nextSort('', 'score'), nextSort('-score', 'score'), direction('-score,due', 'score'), direction('due', 'score')]).toEqual(['-score', 'score', 'descending', 'none'])
  })
})

function List({ onDecide = () => undefined, onOpen = () => undefined }: { onDecide?: (row: Row) => void; onOpen?: (row: Row) => void }) {
  const [current, setCurrent] = useState(0)
  const [chosen, setChosen] = useState<ReadonlySet<string>>(new Set())
  return (
    <DataTable label="Exposures" columns={[column('id')]} total={100_000} row={(i) => ({ id: `EXP-${i}` })} rowKey={(r) => r.id}
      current={current} onCurrent={setCurrent} chosen={chosen} onChosen={setChosen} onOpen={onOpen} rowKeys={{ '1': onDecide }} />
  )
}

describe('DataTable', () => {
  // There is no layout here; the list is told how high its window is.
  beforeEach(() => {
    vi.spyOn(HTMLElement.prototype, 'clientHeight', 'get').mockReturnValue(600)
    vi.spyOn(HTMLElement.prototype, 'clientWidth', 'get').mockReturnValue(1000)
  })

  it('holds only what is in sight of 100,000 rows, and numbers it', async () => {
    await renderAt('/', () => <List />)
    const rows = screen.getAllByTestId('row')
    expect(rows.length).toBeLessThanOrEqual(150)
    expect(rows.length).toBeGreaterThan(5)
    expect(screen.getByRole('grid').getAttribute('aria-rowcount')).toBe('100001')
    expect(rows[3]?.getAttribute('aria-rowindex')).toBe('5')
  })

  it('draws only new rows when it is scrolled', async () => {
    const rows = Array.from({ length: 1000 }, (_, i) => ({ id: `EXP-${i}` }))
    const cell = vi.fn((r: { id: string }) => r.id)
    const columns = [{ ...column('id'), cell }]
    await renderAt('/', () => <DataTable label="Exposures" columns={columns} total={1000} row={(i) => rows[i]} rowKey={(r) => r.id} current={0} onCurrent={() => {}} />)
    cell.mockClear()
    const box = screen.getByTestId('table-scroller')
    const height = Number.parseInt(screen.getAllByTestId('row')[0]?.style.height ?? '', 10)
    box.scrollTop = 20 * height
    fireEvent.scroll(box)
    await waitFor(() => expect(screen.getAllByTestId('row').at(-1)?.getAttribute('data-key')).not.toBe('EXP-0'))
    const again = cell.mock.calls.map(([r]) => r.id)
    expect(again.length).toBeGreaterThan(0)
    expect(new Set(again).size).toBe(again.length)
    expect(again).not.toContain('EXP-13')
  })

  it('walks, selects, decides and opens by keys', async () => {
    const [decide, open] = [vi.fn(), vi.fn()]
    await renderAt('/', () => <List onDecide={decide} onOpen={open} />)
    const press = (key: string) => fireEvent.keyDown(document.activeElement ?? document.body, { key })
    press('j')
    await waitFor(() => expect(document.activeElement?.getAttribute('data-key')).toBe('EXP-0'))
    press('j')
    await waitFor(() => expect(document.activeElement?.getAttribute('data-key')).toBe('EXP-1'))
    press('x')
    press('1')
    press('Enter')
    expect(document.activeElement?.getAttribute('aria-selected')).toBe('true')
    expect([decide.mock.calls[0]?.[0], open.mock.calls[0]?.[0]]).toEqual([{ id: 'EXP-1' }, { id: 'EXP-1' }])
    press('Escape')
    expect(document.activeElement?.getAttribute('aria-selected')).toBe('false')
  })
})

describe('FacetPanel', () => {
  it('tells inclusion from exclusion', async () => {
    const toggle = vi.fn()
    const facet = { key: 'reach', more: 0, values: [{ value: 'unknown', label: 'unknown', count: 690, selected: false, excluded: false }] }
    await renderAt('/', () => <FacetPanel facets={[facet]} names={{ reach: 'Reachable' }} onToggle={toggle} />)
    const box = screen.getByRole('checkbox', { name: 'unknown, 690' })
    fireEvent.click(box)
    fireEvent.click(box, { altKey: true })
    expect([box.dataset['count'], toggle.mock.calls]).toEqual(['690', [['reach', 'unknown', 'include'], ['reach', 'unknown', 'exclude']]])
  })
})

describe('QueryBox', () => {
  const error = { detail: 'no key "sevrity"', hint: 'did you mean "sev"?' }
  it.each([['sevrity:high env:prod', 'sev:high env:prod'], ['-sevrity:high', '-sev:high'], ['env:prod', null]])('%s', (q, want) => expect(suggestion(q, error)).toBe(want))

  it('sends what was typed once, and follows the address', async () => {
    const change = vi.fn()
    await renderAt('/', () => <QueryBox value="" onChange={change} />)
    const field = screen.getByRole('textbox', { name: 'Filter' })
    for (const value of ['k', 'kev', 'kev:yes']) fireEvent.change(field, { target: { value } })
    await waitFor(() => expect(change).toHaveBeenCalled())
    expect(change.mock.calls).toEqual([['kev:yes']])
  })
})

describe('drawn', () => {
  it.each([
    ['the start', [0, 3, 100, 0], 12, 0, 11],
    ['the end', [97, 99, 100, 99], 11, 89, 99],
    ['the cursor above what is in sight', [50, 53, 100, 2], 21, 2, 61],
    ['nothing', [0, 0, 0, 0], 0, undefined, undefined],
  ])('%s', (_, [first = 0, last = 0, total = 0, hold = 0], count, from, to) => {
    const rows = drawn(first, last, total, hold)
    expect([rows.length, rows[0], rows.at(-1)]).toEqual([count, from, to])
  })
})
