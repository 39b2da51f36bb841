import { useQuery } from '@tanstack/react-query'
import { useState } from 'react'
import { answer, api } from '@/api/client'
import { paths } from '@/app/paths'
import { PageLink } from '@/ui/page-link'
import { PanelFrame } from '@/ui/panel-frame'
import { Age } from '@/ui/time'
import { placeOf } from './box'
import { recent } from './recent'

const shapes: [string, string][] = [
  ['CVE, GHSA, or another id', 'CVE-2021-44228'],
  ['package URL, with or without version', 'pkg:maven/org.apache.logging.log4j/log4j-core@2.14.1'],
  ['package name', 'log4j-core'],
  ['digest of an image', 'sha256:9c1…'],
]

/** Before anything was asked: what can be, what was, and what the world talks about. */
export function Start() {
  const [kept] = useState(recent)
  return (
    <div className="panels rail:grid-cols-2">
      <PanelFrame id="recent" subject="Looked up lately" title={kept.length === 0 ? 'What can be asked' : 'Looked up lately'} note={kept.length === 0 ? undefined : 'Kept in this browser only.'}>
        {kept.length === 0
          ? <dl className="flex flex-col gap-2 text-sm">{shapes.map(([what, example]) => <div key={what}><dt className="text-dim">{what}</dt><dd><code className="text-xs foreign">{example}</code></dd></div>)}</dl>
          : <ul>{kept.map((what) => <li key={what}><PageLink {...placeOf(what)} className="row-link"><span className="foreign">{what}</span></PageLink></li>)}</ul>}
      </PanelFrame>
      <World />
    </div>
  )
}

function World() {
  const asked = useQuery({
    queryKey: ['intel', 'affected-start'],
    queryFn: async ({ signal }) => answer(await api.GET('/api/v1/intel/changes', { params: { query: { limit: 8 } }, signal })),
  })
  const items = asked.data?.items ?? []
  return (
    <PanelFrame id="world" subject="In the world" title="New in the world, and here" note="What touches something that runs." loading={asked.isPending} error={asked.data ? null : asked.error} onRetry={() => void asked.refetch()} minHeight={120}>
      {items.length === 0 ? <p className="text-sm text-dim">Nothing new touches you.</p> : (
        <ul className="flex flex-col">
          {items.map((c, i) => (
            <li key={i} className="flex items-baseline gap-3 py-0.5 text-sm">
              <PageLink to={paths.affected(c.subject)} className="row-link shrink-0">{c.subject}</PageLink>
              <span className="min-w-0 truncate text-dim foreign">{c.sentence}</span>
              <span className="ml-auto shrink-0 text-xs text-faint"><Age at={c.at} /></span>
            </li>
          ))}
        </ul>
      )}
    </PanelFrame>
  )
}
