import { useQuery } from '@tanstack/react-query'
import { CircleHelp, Link2, Minus } from 'lucide-react'
import { useState } from 'react'
import { cx } from '@/lib/class-names'
import { plural } from '@/lib/format'
import { useAsOf } from '@/state/view'
import { answer, api } from '@/api/client'
import type { ChainLink, ChainPath } from '@/twin/wire'
import { Button } from '@/ui/button'
import { PageLink } from '@/ui/page-link'
import { PanelFrame } from '@/ui/panel-frame'
import { Time } from '@/ui/time'
import { pageOf } from './ask'
import { shortId } from './words'

const steps: Record<string, string> = { commit: 'Commit', build: 'Build', digest: 'Digest', container: 'Container', workload: 'Workload', endpoint: 'Endpoint' }
const most = 10

export const signatures: Record<string, string> = {
  verified: 'signature verified', failed: 'signature failed', unverified: 'signature not verified', unsigned: 'not signed',
}

/** The chain of a service, a digest or a commit; of '' nothing is asked. */
export function useChain(what: string) {
  const at = useAsOf()
  const query = { what, ...(at ? { as_of: at.toISOString() } : {}) }
  return useQuery({ queryKey: ['twin', 'chain', query], enabled: what !== '', queryFn: async ({ signal }) => answer(await api.GET('/api/v1/twin/chain', { params: { query }, signal })) })
}

/** From the commit to the door: who says each link, since when, and whether it is signed. */
export function ChainPanel({ what, where = '' }: { what: string; where?: string }) {
  const asked = useChain(what)
  const doc = asked.data
  return (
    <PanelFrame
      id="chain" subject="The proof chain" title={doc?.sentence || 'The proof chain'} note="Commit, build, digest, container, workload, endpoint: what is not proven is unknown, in plain sight." minHeight={120}
      loading={asked.isLoading} error={doc ? undefined : asked.error} onRetry={() => void asked.refetch()}
      sheet={{ head: ['chain', 'step', 'state', 'label', 'source', 'at', 'signature', 'why'], rows: (doc?.items ?? []).flatMap((p, i) => p.links.map((l) => [i + 1, l.step, l.state, l.label, l.source, l.at, l.signature, l.why])) }}
    >
      {doc && <ChainList paths={doc.items} total={doc.total} where={where} />}
    </PanelFrame>
  )
}

/** The chains to a place come first, and alone until the others are asked for. */
export function ChainList({ paths, total, where = '' }: { paths: ChainPath[]; total: number; where?: string }) {
  const [all, setAll] = useState(false)
  if (paths.length === 0) return <p className="text-sm text-dim">No workload runs it at this time, so that no chain leads from it.</p>
  const here = paths.filter((p) => p.links.some((l) => l.step === 'workload' && l.scope === where))
  const rest = paths.filter((p) => !here.includes(p))
  const told = here.length === 0 ? paths : all ? [...here, ...rest] : here
  return (
    <div className="flex flex-col gap-4">
      {told.slice(0, most).map((path, i) => <ol key={i} data-testid="chain" data-missing={path.missing.length} className="grid grid-cols-[minmax(0,1fr)] gap-2 bar:grid-cols-3 wide:grid-cols-6">{path.links.map((l) => <LinkBox key={l.step} link={l} />)}</ol>)}
      {told.length < paths.length && <p><Button small kind="quiet" onClick={() => setAll(true)}>Show {plural(paths.length - told.length, 'chain')} to other environments</Button></p>}
      {told.length === paths.length && total > Math.min(told.length, most) && <p className="text-xs text-faint">Showing {Math.min(told.length, most)} of {plural(total, 'chain')}; the table of this panel has all that were asked for.</p>}
    </div>
  )
}

function LinkBox({ link: l }: { link: ChainLink }) {
  const known = l.state === 'known'
  const Sign = known ? Link2 : l.state === 'none' ? Minus : CircleHelp
  const label = shortId(l.label || l.name)
  return (
    <li data-step={l.step} data-link={l.state} className={cx('flex min-w-0 flex-col rounded-lg border px-3 py-2', known ? 'border-edge bg-canvas' : 'border-dashed border-control bg-surface')}>
      <span className="flex items-center gap-1.5 text-xs font-medium text-faint"><Sign size={13} aria-hidden="true" />{steps[l.step] ?? l.step}</span>
      <span className="mt-0.5 text-sm font-medium foreign">
        {known ? (l.name && l.kind ? <PageLink {...pageOf({ kind: l.kind, scope: l.scope, name: l.name })} className="row-link" title={l.label || l.name}>{label}</PageLink> : label) : l.state === 'none' ? 'None' : <span className="mark -mx-1 rounded bg-surface px-1">Unknown</span>}
      </span>
      {l.source && <span className="text-xs text-faint foreign">{l.source}{l.at && <> · <Time at={l.at} dateOnly /></>}</span>}
      {l.signature && <span className={cx('text-xs', l.signature === 'verified' ? 'text-fewer' : l.signature === 'failed' ? 'font-semibold text-more' : 'text-dim')} data-signature={l.signature}>{signatures[l.signature] ?? l.signature}</span>}
      {l.why && <span className="text-xs text-dim foreign">{l.why}</span>}
    </li>
  )
}
