import { useParams } from '@tanstack/react-router'
import { useQueryClient } from '@tanstack/react-query'
import { useCallback } from 'react'
import { useEvents } from '@/api/events'
import { asApiError } from '@/api/problem'
import { paths } from '@/app/paths'
import { useDeciding, type Word } from '@/exposures/deciding'
import { keptOne } from '@/exposures/keep'
import { useRefusal } from '@/exposures/rights'
import { componentWords, isLive, placeWords } from '@/exposures/row'
import { ExposureBody } from '@/exposure/body'
import { Deciders } from '@/exposure/deciders'
import { Marks, Title } from '@/exposure/head'
import { useExposurePage } from '@/exposure/use-page'
import { useShortcuts } from '@/keys/shortcuts'
import { decisions } from '@/lib/decision'
import { useView } from '@/state/view'
import { CopyButton } from '@/ui/copy-button'
import { NoSuch } from '@/ui/no-such'
import { Page } from '@/ui/page'
import { PageLink } from '@/ui/page-link'
import { Skeleton } from '@/ui/panel-frame'
import { ProblemNote } from '@/ui/problem-note'

const question = 'Why this decision, what would change it, how do we fix it?'

export function Exposure() {
  const { id = '' } = useParams({ strict: false })
  const { data: doc, error, refetch } = useExposurePage(id)
  const client = useQueryClient()
  useEvents(useCallback(({ kind }) => {
    if (kind !== 'heartbeat') void client.invalidateQueries({ queryKey: keptOne(id) })
  }, [client, id]))
  if (error && !doc) return <NotThere id={id} error={error} onRetry={() => void refetch()} />
  if (!doc) return <Page page="Exposures" object={id} question={question}><div data-state="loading"><Skeleton lines={8} waiting="Reading the evidence…" /></div></Page>
  return <Shown doc={doc} />
}

function Shown({ doc }: { doc: NonNullable<ReturnType<typeof useExposurePage>['data']> }) {
  const e = doc.exposure
  const [view, set] = useView({ tab: 'why' })
  const deciding = useDeciding()
  const refused = useRefusal()
  const can = refused === '' && isLive(e) && !deciding.busy
  const keys: Record<string, () => void> = { a: () => deciding.assign([e]) }
  decisions.forEach((word, i) => { keys[String(i + 1)] = () => deciding.decide([e], word as Word) })
  useShortcuts(keys, { enabled: can })
  return (
    <Page page="Exposures" object={`${e.id} ${componentWords(e)}`} title={<Title doc={doc} />} question={placeWords(e)} actions={<Deciders doc={doc} deciding={deciding} />}
      foot={{ asOf: e.as_of, ...(doc.explanation.rules ? { rules: doc.explanation.rules } : {}) }}>
      <div className="flex flex-col" data-testid="exposure" data-id={e.id} data-state="ready">
        <div className="mb-4 flex flex-wrap items-center gap-2">
          <Marks doc={doc} />
          <CopyButton text={`${location.origin}${paths.exposure(e.id)}`} what="link" />
          <PageLink to={paths.weakness(e.weakness)} className="link target text-xs">All about {e.weakness}</PageLink>
          <PageLink to={paths.service(e.service)} className="link target text-xs">Service {e.service}</PageLink>
        </div>
        {deciding.element}
        <ExposureBody doc={doc} tab={view.tab} onTab={(tab) => set({ tab })} mine={can} />
      </div>
    </Page>
  )
}

function NotThere({ id, error, onRetry }: { id: string; error: unknown; onRetry: () => void }) {
  const missing = asApiError(error).status === 404
  if (!missing) return <Page page="Exposures" object={id} question={question}><ProblemNote error={error} what="This exposure" onRetry={onRetry} /></Page>
  return <NoSuch page="Exposures" id={id} what="exposure" to={paths.exposures} toWords="To the list of exposures" />
}
