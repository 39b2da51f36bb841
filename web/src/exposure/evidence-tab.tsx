import type { components } from '@/api/schema'
import { plural } from '@/lib/format'
import { PanelFrame } from '@/ui/panel-frame'
import { Time } from '@/ui/time'
import type { PageDoc } from './use-page'

type Instance = components['schemas']['Instance']

function short(digest: string): string {
  return digest.startsWith('sha256:') ? `${digest.slice(0, 19)}…` : digest
}

/** Where exactly it is, what stands in front of it, and the records themselves. */
export function EvidenceTab({ doc }: { doc: PageDoc }) {
  const e = doc.exposure
  return (
    <div className="flex flex-col gap-4">
      <Instances list={e.instances} />
      <Doors doc={doc} />
      <History doc={doc} />
      <Raw doc={doc} />
    </div>
  )
}

function Instances({ list }: { list: Instance[] }) {
  const sheet = {
    head: ['Component', 'Version', 'Image', 'Artifact', 'Container', 'Replicas', 'Linked by', 'Source', 'Advisory', 'Fixed in'],
    rows: list.map((i) => [i.component, i.version, i.image, i.artifact, i.container ?? '', i.replicas, i.proven ? 'digest' : 'name and tag', i.source, i.advisory, i.fixed.join(' ')]),
  }
  return (
    <PanelFrame id="instances" subject="Instances" title={list.length === 0 ? 'No instance is left' : plural(list.length, 'affected instance')} note="Each is one component in one image in one container." sheet={sheet}>
      <ul className="flex flex-col text-sm">
        {list.map((i, n) => (
          <li key={n} className="border-b border-hairline py-2 first:pt-0 last:border-0 last:pb-0" data-testid="instance">
            <p className="foreign"><b className="font-medium">{i.image || short(i.artifact)}</b>{i.container && <span className="text-dim"> · container {i.container}</span>} <span className="text-dim">· {plural(i.replicas, 'replica')}</span></p>
            <p className="text-xs text-dim foreign"><code>{i.component}</code></p>
            <p className="text-xs text-faint foreign">{i.advisory}{i.fixed.length > 0 && `, fixed in ${i.fixed.join(', ')}`} · {i.class} by {i.source} · linked {i.proven ? 'by digest' : 'by name and tag, not proven'} · <span title={i.artifact}>{short(i.artifact)}</span></p>
          </li>
        ))}
      </ul>
    </PanelFrame>
  )
}

function Doors({ doc }: { doc: PageDoc }) {
  const { doors, gates } = doc.exposure
  const none = gates.reachable === 'no' ? 'No door leads here from outside.' : 'No door was told of. That is not the same as none.'
  return (
    <PanelFrame id="doors" subject="Doors" title={doors.length === 0 ? 'No door is known' : plural(doors.length, 'door')} note="Addresses at which the service answers.">
      {doors.length === 0 ? <p className="text-sm text-dim">{none}</p> : (
        <ul className="text-sm">
          {doors.map((door) => (
            <li key={door.address} className="flex flex-wrap justify-between gap-x-4 border-b border-hairline py-1.5 last:border-0 foreign">
              <code>{door.address}</code><span className="text-dim">{door.public ? 'from the internet' : 'from inside'}{door.via && ` · ${door.via}`}</span>
            </li>
          ))}
        </ul>
      )}
    </PanelFrame>
  )
}

function History({ doc }: { doc: PageDoc }) {
  const pieces = doc.exposure.history
  const sheet = { head: ['From', 'To', 'State', 'Reason', 'Recorded from', 'Recorded to'], rows: pieces.map((p) => [p.from, p.to, p.state, p.reason ?? '', p.recorded_from, p.recorded_to]) }
  return (
    <PanelFrame id="history" subject="History" title={plural(pieces.length, 'stretch', 'stretches')} note="What was so, and since when we knew it. What was believed wrongly stays, struck out." sheet={sheet}>
      <ol className="text-sm">
        {pieces.map((p, i) => (
          <li key={i} className="border-b border-hairline py-1.5 last:border-0">
            <p className={p.recorded_to ? 'text-faint line-through' : ''}><b className="font-medium">{p.state}</b> <Time at={p.from} /> to {p.to ? <Time at={p.to} /> : 'now'}</p>
            <p className="text-xs text-faint foreign">{p.reason && `${p.reason} · `}recorded <Time at={p.recorded_from} />{p.recorded_to && <> until <Time at={p.recorded_to} /></>}</p>
          </li>
        ))}
      </ol>
    </PanelFrame>
  )
}

function Raw({ doc }: { doc: PageDoc }) {
  const raw = doc.rungs.filter((r) => r.raw !== '')
  return (
    <PanelFrame id="raw" subject="Raw evidence" title="The records themselves">
      <ul className="flex flex-col text-sm">
        {raw.map((r) => <li key={r.gate}><a className="link target capitalize" href={r.raw}>{r.gate}</a> <code className="text-xs break-all text-faint">{r.raw}</code></li>)}
        <li><a className="link target" href={`/api/v1/exposures/${doc.exposure.id}/page`}>This page as JSON</a></li>
      </ul>
      {doc.references.length > 0 && (
        <>
          <h3 className="mt-3 text-sm font-semibold">References</h3>
          <ul className="flex flex-col text-sm">
            {doc.references.map(({ address }) => (
              <li key={address}>{address.startsWith('https://') ? <a className="link target break-all" href={address} rel="noreferrer noopener" target="_blank">{address}</a> : <span className="foreign">{address}</span>}</li>
            ))}
          </ul>
        </>
      )}
    </PanelFrame>
  )
}
