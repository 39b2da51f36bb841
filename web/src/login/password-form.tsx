import { type FormEvent, type ReactNode, useEffect, useState } from 'react'
import { Button } from '@/ui/button'
import { Field } from '@/ui/field'
import { setPassword } from './enter'

const least = 12

/** The first password of one's own, after a one-time code. */
export function PasswordForm({ name, onDone }: { name: string; onDone: () => void }) {
  const [fault, setFault] = useState('')
  const [busy, setBusy] = useState(false)
  const submit = async (event: FormEvent<HTMLFormElement>) => {
    event.preventDefault()
    const form = new FormData(event.currentTarget)
    const [one, two] = [String(form.get('new') ?? ''), String(form.get('again') ?? '')]
    if (one !== two) return setFault('The two are not the same. Type them again.')
    setBusy(true)
    setFault('')
    try {
      await setPassword({ new: one })
      onDone()
    } catch (error) {
      setFault(error instanceof Error ? error.message : String(error))
      setBusy(false)
    }
  }
  return (
    <Card title="Choose a password" line={<>You are signed in as <b className="font-semibold">{name}</b>. The link worked once; from now on you need this.</>}>
      <form onSubmit={(e) => void submit(e)} className="flex flex-col gap-4 rounded-xl border border-edge bg-surface p-5" data-testid="set-password">
        <input type="hidden" name="username" autoComplete="username" value={name} readOnly />
        <Field label="New password" name="new" type="password" autoComplete="new-password" minLength={least} required autoFocus hint={`At least ${least} characters; four random words are easy to remember.`} />
        <Field label="The same again" name="again" type="password" autoComplete="new-password" required {...(fault ? { fault } : {})} />
        <Button type="submit" kind="primary" disabled={busy}>{busy ? 'Setting it…' : 'Set the password'}</Button>
      </form>
    </Card>
  )
}

/** The pages without a frame look the same. */
export function Card({ title, line, children }: { title: string; line: ReactNode; children: ReactNode }) {
  useEffect(() => {
    document.title = `${title} · tidemark`
  }, [title])
  return (
    <main className="grid min-h-dvh place-items-center px-4" data-testid="login">
      <div className="w-full max-w-88">
        <div className="mb-6 flex items-center gap-3">
          <img src="/favicon.svg" alt="" width={32} height={32} />
          <div>
            <h1 id="page-title" className="text-xl font-semibold tracking-tight">{title}</h1>
            <p className="text-sm text-dim">{line}</p>
          </div>
        </div>
        {children}
      </div>
    </main>
  )
}
