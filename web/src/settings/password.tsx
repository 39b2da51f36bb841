import { useQueryClient } from '@tanstack/react-query'
import { useState } from 'react'
import { api } from '@/api/client'
import { asApiError } from '@/api/problem'
import { Button } from '@/ui/button'
import { Field } from '@/ui/field'
import { PanelFrame } from '@/ui/panel-frame'
import { useToast } from '@/ui/toast'
import type { Session } from './model'

export function Password({ session }: { session: Session }) {
  const client = useQueryClient()
  const toast = useToast()
  const [present, setPresent] = useState('')
  const [fresh, setFresh] = useState('')
  const [twice, setTwice] = useState('')
  const [fault, setFault] = useState('')
  const send = async () => {
    if (fresh !== twice) return setFault('The two are not the same.')
    try {
      await api.PUT('/api/v1/session/password', { body: { new: fresh, ...(session.must_set_password ? {} : { present }) } })
      setPresent('')
      setFresh('')
      setTwice('')
      setFault('')
      toast.say('Your password is changed. Your other sessions ended.')
      await client.invalidateQueries({ queryKey: ['session'] })
    } catch (error) {
      const problem = asApiError(error)
      setFault([problem.message, problem.hint].filter(Boolean).join('. '))
    }
  }
  const title = session.must_set_password ? 'Set a password' : 'Change your password'
  if (session.kind !== 'user') return <PanelFrame id="password" subject="The password" title="No password here" className="max-w-2xl"><p className="text-sm text-dim">You are signed in with a token; only a person in a browser has a password.</p></PanelFrame>
  return (
    <PanelFrame id="password" subject="The password" title={title} note={`You are signed in as ${session.name}.`} className="max-w-md">
      <form className="flex flex-col gap-3" onSubmit={(e) => { e.preventDefault(); void send() }}>
        {!session.must_set_password && <Field label="Present password" type="password" autoComplete="current-password" value={present} onChange={(e) => setPresent(e.target.value)} maxLength={256} required />}
        <Field label="New password" type="password" autoComplete="new-password" value={fresh} onChange={(e) => setFresh(e.target.value)} maxLength={256} required hint="Twelve characters or more; a sentence is easy to keep in mind." />
        <Field label="New password again" type="password" autoComplete="new-password" value={twice} onChange={(e) => setTwice(e.target.value)} maxLength={256} required {...(fault ? { fault } : {})} />
        <Button type="submit" kind="primary" className="self-start">{title}</Button>
      </form>
    </PanelFrame>
  )
}
