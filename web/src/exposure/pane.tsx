import { Maximize2, X } from 'lucide-react'
import { paths } from '@/app/paths'
import type { Deciding } from '@/exposures/deciding'
import { useView } from '@/state/view'
import { IconButton } from '@/ui/button'
import { PageLink } from '@/ui/page-link'
import { ProblemNote } from '@/ui/problem-note'
import { Skeleton } from '@/ui/panel-frame'
import { ExposureBody } from './body'
import { Deciders } from './deciders'
import { Marks, Title } from './head'
import { useExposurePage } from './use-page'

interface Props {
  id: string
  deciding: Deciding
  onClose: () => void
}

/** An exposure beside the list. */
export function ExposurePane({ id, deciding, onClose }: Props) {
  const { data: doc, error, refetch } = useExposurePage(id)
  const [view, set] = useView({ tab: 'why' })
  return (
    <section aria-label={`Exposure ${id}`} data-testid="pane" data-id={id} data-state={doc ? 'ready' : error ? 'partial' : 'loading'}
      className="min-w-0 grow overflow-y-auto rounded-xl border border-edge bg-canvas max-rail:absolute max-rail:inset-0 max-rail:z-10">
      <header className="sticky top-0 z-10 flex flex-col gap-2 border-b border-hairline bg-canvas px-4 py-3">
        <div className="flex items-start justify-between gap-3">
          <h2 className="min-w-0 text-lg font-semibold foreign">{doc ? <Title doc={doc} /> : id}</h2>
          <span className="flex">
            <PageLink to={paths.exposure(id)} aria-label="Open as a page" title="Open as a page (Shift Enter)" className="target size-8 rounded-md text-dim hover:bg-hover"><Maximize2 size={15} aria-hidden="true" /></PageLink>
            <IconButton label="Close" title="Close (Esc)" onClick={onClose}><X size={16} aria-hidden="true" /></IconButton>
          </span>
        </div>
        {doc && <Marks doc={doc} />}
        {doc && <Deciders doc={doc} deciding={deciding} />}
      </header>
      <div className="p-4">
        {error && !doc ? <ProblemNote error={error} what="This exposure" onRetry={() => void refetch()} /> : null}
        {!doc && !error && <Skeleton lines={8} waiting="Reading the evidence…" />}
        {doc && <ExposureBody doc={doc} tab={view.tab} onTab={(tab) => set({ tab }, { replace: true })} narrow mine />}
      </div>
    </section>
  )
}
