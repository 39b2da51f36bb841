import { type ReactNode, useState } from 'react'
import { paths } from '@/app/paths'
import { DeploymentStep, IntelStep, SbomStep, ScopeStep } from '@/connect/steps'
import { MoreSources } from '@/connect/more'
import { Step } from '@/connect/step'
import type { FirstRunStep } from '@/connect/ask'
import { useFirstRun, useLive } from '@/overview/ask'
import { buttonLook } from '@/ui/button'
import { Page } from '@/ui/page'
import { PageLink } from '@/ui/page-link'
import { Skeleton } from '@/ui/panel-frame'
import { ProblemNote } from '@/ui/problem-note'

const parts: Record<string, { why: ReactNode; body: ReactNode }> = {
  intel: { why: 'Advisories of OSV, the KEV catalogue and EPSS scores. They come from their public addresses, or from a folder where there is no way out.', body: <IntelStep /> },
  sbom: { why: 'A bill of materials of one image: CycloneDX 1.2 to 1.7, SPDX 2.2, 2.3 or 3.0. Any tool that writes one will do.', body: <SbomStep /> },
  deployment: { why: 'Manifests say what shall run; records say what runs. Without either, a weakness has no place, and nobody knows whether it is reachable.', body: <DeploymentStep /> },
  scope: { why: 'Which services make up a product, who owns them, what data they touch. It decides what matters, and who is asked.', body: <ScopeStep /> },
}

/** The first source in minutes; each step turns by what came in. */
export function Connect() {
  const asked = useFirstRun()
  useLive('first-run')
  const steps = asked.data?.steps ?? []
  const done = steps.filter((s) => s.done).length
  return (
    <Page
      page="Connect" title="Connect your sources" question="What does tidemark need, to see what is exposed?"
      arrived={!asked.isLoading} actions={asked.data && <p className="text-sm text-dim" data-testid="progress">{done} of {steps.length} done{asked.data.done && <> · <PageLink to={paths.overview} className="link">to the overview</PageLink></>}</p>}
    >
      {!asked.data && (asked.error ? <ProblemNote error={asked.error} what="The checklist" onRetry={() => void asked.refetch()} /> : <Skeleton />)}
      {asked.data && <Checklist steps={steps} />}
      {asked.data && <MoreSources />}
      {asked.data?.done && <p className="mt-4"><PageLink to={paths.overview} className={buttonLook('primary')}>See what is exposed</PageLink></p>}
    </Page>
  )
}

function Checklist({ steps }: { steps: FirstRunStep[] }) {
  const [shown, setShown] = useState<string | null>(null)
  const next = shown ?? steps.find((s) => !s.done)?.step ?? ''
  return (
    <div className="flex max-w-4xl flex-col gap-3">
      {steps.map((step, i) => (
        <Step key={step.step} n={i + 1} step={step} why={parts[step.step]?.why} open={next === step.step} onToggle={() => setShown(next === step.step ? '-' : step.step)}>
          {parts[step.step]?.body}
        </Step>
      ))}
    </div>
  )
}
