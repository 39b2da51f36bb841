import { useParams } from '@tanstack/react-router'
import { asApiError } from '@/api/problem'
import { paths } from '@/app/paths'
import { type Ref, useFollowTwin, useThing } from '@/entity/ask'
import { AccessPanel } from '@/entity/access'
import { ChainPanel, useChain } from '@/entity/chain'
import { DoorsPanel, ReachedByPanel } from '@/entity/doors'
import { DriftPanel } from '@/entity/drift'
import { EdgesPanel } from '@/entity/edges'
import { FactsPanel } from '@/entity/facts'
import { HardeningPanel } from '@/entity/hardening'
import { LoadedPanel } from '@/entity/loaded'
import { type Proofs, useProofs } from '@/entity/proofs'
import { SaysPanel } from '@/entity/says'
import { SbomButton } from '@/entity/sbom'
import { SpansPanel } from '@/entity/spans'
import { kindWords, titleOf } from '@/entity/words'
import { quoted } from '@/state/query-text'
import { useView } from '@/state/view'
import type { ThingPage } from '@/twin/wire'
import { buttonLook } from '@/ui/button'
import { NoSuch } from '@/ui/no-such'
import { Page } from '@/ui/page'
import { PageLink } from '@/ui/page-link'
import { Skeleton } from '@/ui/panel-frame'
import { ProblemNote } from '@/ui/problem-note'

/** Anything in the twin. */
export function Entity() {
  const { kind = '', id = '' } = useParams({ strict: false })
  const [view] = useView({ in: '' })
  const ref: Ref = { kind, scope: view.in, name: id }
  const asked = useThing(ref)
  useFollowTwin()
  const chain = useChain(asked.data ? chained(asked.data) : '')
  const proofs = useProofs(asked.data)
  const waiting = chain.isLoading || proofs.waiting
  const doc = waiting ? undefined : asked.data // all at once: what comes later would move what is read
  if (!doc && asked.error && asApiError(asked.error).status === 404) return <NoSuch page="Twin" id={id} what={kindWords(kind).toLowerCase()} to={paths.twin} toWords="To the twin" />
  const object = doc ? titleOf(doc) : id
  return (
    <Page page={`${kindWords(kind)} in the twin`} object={view.in ? `${object} in ${view.in}` : object} question="What is it, what hangs together with it, and who says so?" actions={doc && <Ways page={doc} />} foot={{ asOf: doc?.as_of ?? null }} arrived={!asked.isLoading && !waiting}>
      {doc ? <Whole page={doc} proofs={proofs} /> : (
        <div className="rounded-xl border border-edge bg-surface px-4 py-3">{asked.error ? <ProblemNote error={asked.error} what="This page" onRetry={() => void asked.refetch()} /> : <Skeleton lines={6} waiting="Reading what is known of it…" />}</div>
      )}
    </Page>
  )
}

/** Where one goes from here. */
function Ways({ page }: { page: ThingPage }) {
  const { thing, workload, artifact } = page
  return (
    <>
      {page.exposures.count > 0 && <PageLink to={paths.exposures} search={{ q: page.exposures.query }} className={buttonLook('plain')}>Its exposures</PageLink>}
      {workload && <PageLink to={paths.service(workload.service)} className={buttonLook('plain')}>As a picture</PageLink>}
      {artifact?.sbom && <SbomButton artifact={artifact.id} />}
      {artifact && <PageLink to={paths.twin} search={{ kind: 'workloads', q: `image:${quoted(artifact.digest || artifact.name)}` }} className={buttonLook('plain')}>Who runs it</PageLink>}
      <PageLink to={paths.flows} search={{ from: `${thing.kind}/${thing.scope}/${thing.id || thing.name}` }} className={buttonLook('plain')}>What it talks to</PageLink>
    </>
  )
}

/** What has a chain of proof. */
function chained(page: ThingPage): string {
  const { thing, workload, artifact } = page
  if (workload) return workload.service
  if (artifact) return artifact.digest
  return thing.kind === 'Commit' || thing.kind === 'Image' ? (thing.id || thing.name) : ''
}

function Whole({ page, proofs }: { page: ThingPage; proofs: Proofs }) {
  const what = chained(page)
  const { workload } = page
  return (
    <div className="panels" data-testid="entity">
      {what !== '' && <ChainPanel what={what} {...(workload ? { where: workload.environment } : {})} />}
      <div className="panels rail:grid-cols-[minmax(0,1fr)_25rem]">
        <div className="panels content-start">
          {workload && <DoorsPanel workload={workload} asked={proofs.doors} />}
          {workload && <ReachedByPanel asked={proofs.facts} scope={workload.environment} />}
          {proofs.account && <AccessPanel asked={proofs.access} account={proofs.account} />}
          <EdgesPanel groups={page.edges} />
          {page.drift.length > 0 && <DriftPanel list={page.drift} />}
          <SpansPanel spans={page.timeline} more={page.more} />
        </div>
        <div className="panels content-start">
          <FactsPanel page={page} />
          {workload && <HardeningPanel asked={proofs.facts} />}
          {(workload || page.artifact) && <LoadedPanel page={page} />}
          <SaysPanel says={page.says} />
        </div>
      </div>
    </div>
  )
}
