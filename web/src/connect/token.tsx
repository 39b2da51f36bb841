import { useState } from 'react'
import { useSession } from '@/overview/session'
import { Button } from '@/ui/button'
import { CodeBlock } from '@/ui/code-block'
import { Field } from '@/ui/field'
import { makeToken } from './ask'

interface Props {
  secret: string
  onSecret: (secret: string) => void
  /** The name of the source that it may append for. */
  standard: string
}

/** A fresh token for a source. It is shown once: here, now. */
export function TokenMaker({ secret, onSecret, standard }: Props) {
  const may = useSession().data?.may.includes('manage-tokens') ?? false
  const [source, setSource] = useState(standard)
  const [fault, setFault] = useState('')
  const [busy, setBusy] = useState(false)
  if (!may) return <p className="text-sm text-dim">A machine needs a token. Ask an administrator for one with the role <code>source</code>: Settings, Tokens.</p>
  if (secret !== '') {
    return (
      <div data-testid="new-token">
        <CodeBlock what="token" title={`Token of the source ${source}, shown once: keep it now`} text={secret} />
        <p className="mt-1 text-xs text-faint">It may append evidence of this source, reads nothing, and ends in 90 days. Settings, Tokens has it without its secret.</p>
      </div>
    )
  }
  const make = async () => {
    setBusy(true)
    setFault('')
    try {
      onSecret((await makeToken(source.trim())).secret ?? '')
    } catch (error) {
      setFault(error instanceof Error ? error.message : String(error))
    } finally {
      setBusy(false)
    }
  }
  return (
    <div className="flex flex-wrap items-end gap-2">
      <Field label="Name of the source" value={source} onChange={(e) => setSource(e.target.value)} className="w-56" {...(fault ? { fault } : {})} />
      <Button disabled={busy || source.trim() === ''} onClick={() => void make()}>{busy ? 'Making it…' : 'Make a token'}</Button>
    </div>
  )
}
