import { Check, Circle } from 'lucide-react'
import { paths } from '@/app/paths'
import { buttonLook } from '@/ui/button'
import { EmptyState } from '@/ui/empty-state'
import { PageLink } from '@/ui/page-link'
import { useFirstRun } from './ask'

/** The overview of a server to which nothing is connected. */
export function FirstRunPage() {
  const steps = useFirstRun().data?.steps ?? []
  return (
    <EmptyState
      kind="first-run" title="Nothing is connected yet."
      actions={<><PageLink to={paths.connect} className={buttonLook('primary')}>Connect your first source</PageLink><PageLink to={paths.help} className={buttonLook()}>How it works</PageLink></>}
    >
      <p>Send one bill of materials and say what runs, to see your first exposure. It takes a few minutes. To look at a made-up company first, run <code>tidemark demo</code>.</p>
      <ol className="mx-auto mt-4 flex w-fit flex-col gap-1.5 text-left">
        {steps.map((s) => (
          <li key={s.step} className="flex items-center gap-2" data-done={s.done}>
            {s.done ? <Check size={16} aria-hidden="true" className="text-fewer" /> : <Circle size={16} aria-hidden="true" className="text-faint" />}
            <span className={s.done ? 'text-dim line-through' : 'text-ink'}>{s.title}</span><span className="sr-only">{s.done ? ', done' : ', to do'}</span>
          </li>
        ))}
      </ol>
    </EmptyState>
  )
}
