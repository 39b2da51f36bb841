import { useQuery } from '@tanstack/react-query'
import { useMemo, useState } from 'react'
import { asApiError } from '@/api/problem'
import { useAsOf, useScope } from '@/state/view'
import { useRows } from '@/table/use-rows'
import { loadWindow, type Question, question } from './ask'
import { useFacets } from './facets'
import { keptCounts, keptLists } from './keep'

/** The moment that the rows speak of, from the first page that came. */
interface Moment {
  asOf: string
}

/** What the address asks: its rows, its counts, and how many there are without it. */
export function useList(q: string, sort: string, reading: number) {
  const [scope] = useScope()
  const at = useAsOf()
  const wanted = useMemo(() => question(q, sort, scope, at), [q, sort, scope, at])
  const counted = useFacets(wanted)
  const ask = useReadable(wanted, counted.refusal ? 'no' : counted.facets && !counted.busy ? 'yes' : 'not yet')
  // What cannot be read has no counts: those of the rows that are shown stay beside them.
  const beside = useFacets(ask)
  const [moment, setMoment] = useState<Moment>({ asOf: '' })
  const rows = useRows({
    key: [...keptLists, ask.q, ask.sort, ask.asOf, reading],
    load: async (first, limit, signal) => {
      const page = await loadWindow(ask, first, limit, signal)
      setMoment((was) => (was.asOf === page.asOf ? was : { asOf: page.asOf }))
      return page
    },
  })
  const everything = useMemo(() => question('', '', { product: '', env: '', owner: '', asof: '' }, at), [at])
  const all = useQuery({
    queryKey: [...keptCounts, 'all', everything.asOf],
    queryFn: ({ signal }) => loadWindow(everything, 0, 1, signal).then((page) => page.total),
  })
  const refused = rows.error ? asApiError(rows.error) : null
  // A query that cannot be read is said once, at the box; the list goes back to what it had.
  const error = refused && counted.refusal && refused.status === counted.refusal.status ? null : rows.error
  return { ask, rows, error, counted: { ...beside, refusal: counted.refusal }, all: all.data, moment: moment.asOf, at, scoped: Boolean(scope.product || scope.env || scope.owner) }
}

/** The last question that could be read; everything, when there was none yet. */
function useReadable(wanted: Question, verdict: 'yes' | 'no' | 'not yet'): Question {
  const [good, setGood] = useState<Question | null>(null)
  if (verdict === 'yes' && good !== wanted) setGood(wanted)
  if (verdict !== 'no') return wanted
  return good ?? { ...wanted, q: '' }
}
