import { useQuery, useQueryClient } from '@tanstack/react-query'
import { useState } from 'react'
import { answer, api } from '@/api/client'
import { paths } from '@/app/paths'
import { plural } from '@/lib/format'
import { useAsOf } from '@/state/view'
import { CodeBlock } from '@/ui/code-block'
import { EmptyState } from '@/ui/empty-state'
import { FileDrop } from '@/ui/file-drop'
import { PageLink } from '@/ui/page-link'
import { PanelFrame } from '@/ui/panel-frame'
import { Time } from '@/ui/time'
import { useToast } from '@/ui/toast'
import { faultsOf, type Session } from './model'

/** What the business has said: products, services, environments, owners. */
export function Scope({ session }: { session: Session }) {
  const at = useAsOf()
  const query = at ? { as_of: at.toISOString() } : {}
  const asked = useQuery({ queryKey: ['scope', query], queryFn: async ({ signal }) => answer(await api.GET('/api/v1/scope', { params: { query }, signal })) })
  const s = asked.data
  const said = s !== undefined && s.version > 0
  return (
    <div className="panels">
      <PanelFrame id="scope" subject="The scope" loading={asked.isLoading} error={s ? undefined : asked.error} onRetry={() => void asked.refetch()}
        title={said ? `Version ${s.version}: ${plural(s.products.length, 'product')}, ${plural(s.services.length, 'service')}, ${plural(s.environments.length, 'environment')}, ${plural(s.owners.length, 'owner')}` : 'The scope'}
        note={said ? <>Applied by {s.by}, <Time at={s.at} />. Rights, owners and what matters follow it.</> : undefined}>
        {said ? <CodeBlock text={s.text} what="scope file" title={`scope, version ${s.version}`} /> : <EmptyState kind="first-run" title="Nothing was said yet about products, services and owners.">Without it nobody owns an exposure and nothing is known to matter. Apply a file below, or with <code>tidemark scope apply</code>.</EmptyState>}
      </PanelFrame>
      {session.may.includes('apply-scope')
        ? <Apply past={at !== null} />
        : <p className="text-sm text-dim">As {session.role} you may read the scope. Admins and operators may apply one.</p>}
      {session.may.includes('read-audit') && <History />}
    </div>
  )
}

function Apply({ past }: { past: boolean }) {
  const client = useQueryClient()
  const toast = useToast()
  const [faults, setFaults] = useState<{ where: string; detail: string }[]>([])
  const apply = async (text: string) => {
    setFaults([])
    try {
      const done = answer(await api.PUT('/api/v1/scope', { body: text, bodySerializer: (body: unknown) => String(body), headers: { 'Content-Type': 'application/yaml' } }))
      toast.say(done.unchanged ? 'This file is the one in force.' : `Version ${done.version} is in force; it changed ${plural(done.services.length, 'service')}.`)
      await client.invalidateQueries()
    } catch (error) {
      const found = faultsOf(error)
      setFaults(found)
      throw new Error(`Nothing was applied: ${plural(found.length, 'fault')}, listed below.`)
    }
  }
  if (past) return <p className="text-sm text-dim">You look at the past: return to now to apply a scope.</p>
  return (
    <PanelFrame id="scope-apply" subject="Applying a scope" title="Apply a file" note="The whole scope is replaced by it. A file with a fault changes nothing.">
      <FileDrop what="scope file (YAML)" accept=".yaml,.yml" onText={apply} largest={8 << 20} />
      {faults.length > 0 && (
        <ul data-testid="scope-faults" data-total={faults.length} className="mt-3 flex flex-col gap-1 rounded-lg border border-more px-3 py-2 text-sm">
          {faults.map((f, i) => <li key={i} className="foreign">{f.where && <code className="mr-2 text-xs text-faint">{f.where}</code>}{f.detail}</li>)}
        </ul>
      )}
    </PanelFrame>
  )
}

/** Who applied which version, from the log. */
function History() {
  const asked = useQuery({ queryKey: ['audit', 'scope'], queryFn: async ({ signal }) => answer(await api.GET('/api/v1/audit', { params: { query: { verb: 'scope', limit: 20 } }, signal })) })
  const items = asked.data?.items ?? []
  return (
    <PanelFrame id="scope-history" subject="The history of the scope" title="Who applied what" loading={asked.isLoading} error={asked.data ? undefined : asked.error} onRetry={() => void asked.refetch()}>
      {items.length === 0 ? <p className="text-sm text-dim">The log has no version yet.</p> : (
        <ol className="flex flex-col text-sm">
          {items.map((e) => <li key={e.seq} className="flex flex-wrap gap-x-4 border-b border-hairline py-1.5 last:border-0"><Time at={e.at} /><span className="font-medium foreign">{e.actor}</span><span className="text-dim foreign">{e.object}</span><span className="text-dim foreign">{e.after}</span></li>)}
        </ol>
      )}
      <p className="mt-2 text-sm"><PageLink to={paths.audit} search={{ verb: 'scope' }} className="link target">In the audit log</PageLink></p>
    </PanelFrame>
  )
}
