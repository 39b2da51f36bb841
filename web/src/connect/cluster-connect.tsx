import { useState } from 'react'
import { paths } from '@/app/paths'
import { plural } from '@/lib/format'
import { useView } from '@/state/view'
import { Button } from '@/ui/button'
import { CodeBlock } from '@/ui/code-block'
import { Field } from '@/ui/field'
import { PageLink } from '@/ui/page-link'
import { ProblemNote } from '@/ui/problem-note'
import { StatNumber } from '@/ui/stat-number'
import { connectLines, kubeLines, kubeManifest, manifestLines } from './agents'
import { useCluster } from './ask'
import { type ClusterSeen, clusterSource, clusterState, isClusterName } from './cluster'
import { TokenMaker } from './token'

const server = () => location.origin

/** A cluster in one command; then what came of it, as it comes. */
export function ClusterConnect() {
  const [view, setView] = useView({ cluster: '' })
  const [name, setName] = useState(view.cluster === '' ? 'prod' : view.cluster)
  const [secret, setSecret] = useState('')
  const known = isClusterName(name)
  const shown = known ? name : 'prod'
  return (
    <div className="flex flex-col gap-4">
      <p className="max-w-2xl text-sm text-dim">An agent sees what runs by digest, its doors, network policies and rights. It reads and changes nothing, and no contents of secrets. Where this server may ask registries, what is in the images is found too.</p>
      <form
        className="flex items-end gap-3" onSubmit={(e) => {
          e.preventDefault()
          if (known) setView({ cluster: name })
        }}
      >
        <div className="min-w-0 max-w-xs grow"><Field label="Name of the cluster" value={name} onChange={(e) => setName(e.target.value)} {...(known ? {} : { fault: 'Letters, digits, dots, dashes and slashes, at most 100.' })} /></div>
        <Button type="submit" disabled={!known}>Wait for it</Button>
      </form>
      <CodeBlock what="commands" title="For a first look: where a kubeconfig is" text={connectLines(server(), shown)} />
      {view.cluster !== '' && isClusterName(view.cluster) && <ClusterProgress key={view.cluster} cluster={view.cluster} />}
      <details>
        <summary className="target w-fit text-sm font-medium">To stay: in the cluster, with the least rights</summary>
        <div className="mt-3 flex flex-col gap-4">
          <CodeBlock what="command" title="By whoever may apply manifests" text={manifestLines(server(), shown)} />
          <TokenMaker key={shown} secret={secret} onSecret={setSecret} standard={clusterSource(shown)} />
          <CodeBlock what="commands" title="With a token made here" text={kubeLines(server(), secret, shown)} />
          <CodeBlock what="values of the chart" text={kubeManifest(server(), shown)} />
        </div>
      </details>
    </div>
  )
}

/** How far a cluster is: asked until all that runs is known. */
function ClusterProgress({ cluster }: { cluster: string }) {
  const asked = useCluster(cluster)
  if (!asked.data) return asked.error ? <ProblemNote error={asked.error} what="How far it is" onRetry={() => void asked.refetch()} /> : <p role="status" className="text-sm text-dim">Looking for {cluster}…</p>
  return <Seen cluster={cluster} seen={asked.data} />
}

const sentences = {
  waiting: (name: string) => `Waiting for the first evidence of ${name}`,
  seen: (name: string) => `${name} is in the twin; what is in its images is being found`,
  exposed: (name: string) => `${name} is in the twin, and the first exposures are there`,
  known: (name: string) => `${name} is in the twin, and the contents of all that runs are known`,
}

function Seen({ cluster, seen }: { cluster: string; seen: ClusterSeen }) {
  const source = clusterSource(cluster)
  const state = clusterState(seen)
  const q = `source:${source}`
  return (
    <section aria-label={`The cluster ${cluster}`} data-testid="cluster" data-state={state} className="rounded-lg border border-edge bg-sunken px-4 py-3 text-sm">
      <p role="status" className="font-medium foreign">{sentences[state](cluster)}</p>
      {state === 'waiting' ? (
        <div className="mt-1 text-dim">
          <p>{seen.trouble.length > 0 ? 'It was heard, and not all of it may be read: use an account that may get, list and watch these.' : 'Run the commands above. What the agent says there tells why nothing comes; here it shows within seconds.'}</p>
          <Troubles list={seen.trouble} />
        </div>
      ) : (
        <dl className="mt-2 grid w-fit grid-cols-[auto_auto] gap-x-6 gap-y-1">
          <dt className="text-faint">Workloads</dt><dd data-testid="cluster-workloads"><StatNumber count={seen.workloads} to={paths.twin} search={{ kind: 'workloads', q }} label={`workloads of ${cluster}`} /></dd>
          <dt className="text-faint">… of which the contents are known</dt><dd data-testid="cluster-known"><StatNumber count={seen.known} to={paths.twin} search={{ kind: 'workloads', q: `${q} sbom:yes` }} label={`workloads of ${cluster} whose contents are known`} /></dd>
          <dt className="text-faint">Exposures</dt><dd data-testid="cluster-exposures"><StatNumber count={seen.exposures} to={paths.exposures} search={{ q }} label={`exposures of ${cluster}`} /></dd>
        </dl>
      )}
      {state !== 'waiting' && seen.known < seen.workloads && <Missing seen={seen} />}
      {state !== 'waiting' && <p className="mt-2"><PageLink to={paths.source(source)} className="link">The source {source}</PageLink></p>}
    </section>
  )
}

const shownTroubles = 5

/** Why contents are not known, as the registries say it. */
function Missing({ seen }: { seen: ClusterSeen }) {
  return (
    <div className="mt-2 text-dim">
      <p>Of {plural(seen.workloads - seen.known, 'workload')} nobody says yet what is in them.{!seen.registries && <> This server asks no registry: <code>tidemark serve --registry HOST</code> lets it look at the images that run. An SBOM that you have goes in with <code>tidemark ingest sbom</code>.</>}</p>
      <Troubles list={seen.trouble} />
    </div>
  )
}

function Troubles({ list }: { list: string[] }) {
  return (
    <>
      {list.length > 0 && <ul className="mt-1 list-disc pl-5">{list.slice(0, shownTroubles).map((t, i) => <li key={i} className="foreign">{t}</li>)}</ul>}
      {list.length > shownTroubles && <p>and {list.length - shownTroubles} more: <PageLink to={paths.sources} className="link">Sources</PageLink></p>}
    </>
  )
}
