import { useParams } from '@tanstack/react-router'
import { useAction, useFollowActions } from '@/actions/ask'
import { ExposuresOf } from '@/actions/exposures-of'
import { historyOf, useActionLog } from '@/actions/history'
import { type ActionDetail, stateMeans, titleOf } from '@/actions/model'
import { MoveMenu } from '@/actions/move-menu'
import { useMoving } from '@/actions/moving'
import { Clock, Owner, RegressedChip, StateChip } from '@/actions/parts'
import { Proof } from '@/actions/proof'
import { useWorkRefusal } from '@/actions/rights'
import { asApiError } from '@/api/problem'
import { paths } from '@/app/paths'
import { Timeline } from '@/evidence/timeline'
import { decisionOf } from '@/lib/decision'
import { CopyButton } from '@/ui/copy-button'
import { DecisionChip } from '@/ui/mark'
import { NoSuch } from '@/ui/no-such'
import { Page } from '@/ui/page'
import { PageLink } from '@/ui/page-link'
import { PanelFrame, Skeleton } from '@/ui/panel-frame'
import { ProblemNote } from '@/ui/problem-note'
import { Time } from '@/ui/time'

export function Action() {
  const { id = '' } = useParams({ strict: false })
  const asked = useAction(id)
  const barred = useWorkRefusal()
  const moving = useMoving(barred)
  useFollowActions()
  const action = asked.data
  if (!action && asked.error && asApiError(asked.error).status === 404) return <NoSuch page="Actions" id={id} what="action" to={paths.actions} toWords="To the actions" />
  return (
    <Page
      page="Actions" object={id} question="What has to be done, by whom, by when, and what proves it?" title={action ? titleOf(action) : id}
      actions={action && <MoveMenu action={action} moving={moving} barred={barred} words />} foot={{ asOf: action?.as_of ?? null }} arrived={!asked.isLoading}
    >
      {moving.refused && <p role="alert" className="mb-3 rounded-lg border border-amber-edge bg-amber px-3 py-1.5 text-sm text-amber-ink foreign">{moving.refused}</p>}
      {moving.element}
      {asked.isLoading && <Skeleton lines={6} waiting="Reading the action…" />}
      {asked.error && !action && <ProblemNote error={asked.error} what="The action" onRetry={() => void asked.refetch()} />}
      {action && <Body action={action} />}
    </Page>
  )
}

function Body({ action }: { action: ActionDetail }) {
  return (
    <>
      <p className="mb-4 flex flex-wrap items-center gap-x-3 gap-y-1 text-sm" data-testid="action-state" data-state={action.state}>
        <StateChip state={action.state} /><RegressedChip times={action.reopened} /><DecisionChip decision={decisionOf(action.decision)} />
        <span className="text-dim foreign">{action.reason ? `${action.reason.charAt(0).toUpperCase()}${action.reason.slice(1)}.` : stateMeans[action.state]}</span>
      </p>
      <div className="panels rail:grid-cols-[minmax(0,1fr)_20rem]">
        <div className="panels content-start">
          <PanelFrame id="proof" subject="The proof" title="Proof"><Proof action={action} /></PanelFrame>
          <ExposuresOf action={action} />
        </div>
        <div className="panels content-start">
          <Facts action={action} />
          <History action={action} />
        </div>
      </div>
    </>
  )
}

function Facts({ action }: { action: ActionDetail }) {
  return (
    <PanelFrame id="action-facts" subject="The facts" title="Who, where, by when">
      <dl className="grid grid-cols-[auto_minmax(0,1fr)] items-baseline gap-x-4 gap-y-1.5 text-sm">
        <dt className="text-faint">Owner</dt>
        <dd><Owner owner={action.owner} />{action.owner_rule && <span className="block text-xs text-faint foreign">{action.owner_rule}</span>}</dd>
        <dt className="text-faint">Due</dt>
        <dd><Time at={action.due} none="no deadline" /> <span className="block"><Clock action={action} bar /></span></dd>
        <dt className="text-faint">Service</dt>
        <dd><PageLink to={paths.service(action.service)} className="link target">{action.service}</PageLink></dd>
        <dt className="text-faint">Where</dt>
        <dd className="foreign">{action.environments.join(', ') || 'nowhere now'}</dd>
        <dt className="text-faint">Component</dt>
        <dd className="foreign"><PageLink to={paths.affected(action.component)} className="link">{action.component}</PageLink></dd>
        <dt className="text-faint">Upgrade to</dt>
        <dd className="foreign">{action.target ?? 'no version is known that clears all'}{action.target && <CopyButton text={action.target} what="version" />}</dd>
        <dt className="text-faint">Id</dt>
        <dd>{action.id}<CopyButton text={action.id} what="id" /></dd>
      </dl>
    </PanelFrame>
  )
}

function History({ action }: { action: ActionDetail }) {
  const { may, log } = useActionLog(action.id)
  const events = historyOf(action, log.data?.items ?? [])
  return (
    <PanelFrame id="action-history" subject="The history" title="History" error={log.data ? undefined : log.error} loading={may && log.isLoading} onRetry={() => void log.refetch()}
      {...(may ? {} : { note: 'Who moved it is in the audit log, which auditors and admins may read.' })}>
      <Timeline events={events} />
    </PanelFrame>
  )
}
