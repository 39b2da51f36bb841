import { lazy, Suspense } from 'react'
import type { Change } from '@/graph/model'
import { useMatrix } from './ask'
import { recentWords, useRecent, useSince } from './change'
import { MatrixView } from './matrix-view'
import { Nothing } from './nothing'
import { Skeleton } from '@/ui/panel-frame'

const ServiceList = lazy(() => import('./lists').then((m) => ({ default: m.ServiceList })))

interface Props {
  lens: string
  layout: string
  q: string
  onClear: () => void
}

/** One product: its services by environments. */
export function ProductPart({ lens, layout, q, onClear }: Props) {
  const list = useMatrix(q)
  const recent = useRecent(lens === 'change')
  const [since] = useSince()
  const changes = new Map((recent.data?.items ?? []).filter((i) => i.kind === 'Workload').map((i) => [`${i.id}/${i.scope}`, i.change as Change]))
  if (layout === 'table') return <Suspense fallback={<Skeleton lines={6} />}><ServiceList q={q} onClear={onClear} /></Suspense>
  const note = lens !== 'change' ? undefined : recent.error ? 'What changed is not available; the cells say what is there.' : `Changes ${recentWords(since, recent.data)}.`
  return <MatrixView list={list} empty={<Nothing what="services" q={q} onClear={onClear} />} lens={lens} note={note} changes={changes} />
}
