import { type FormEvent, type ReactNode, useEffect, useState } from 'react'
import { Button } from '@/ui/button'
import { Field } from '@/ui/field'

interface Props {
  /** Throws what is to be shown; the name stays in its field. */
  onLogin: (name: string, password: string) => Promise<void>
  /** Why one is here, when it was not by choice. */
  notice?: ReactNode
}

/** The one page without a frame. */
export function LoginPage({ onLogin, notice }: Props) {
  const [fault, setFault] = useState('')
  const [busy, setBusy] = useState(false)
  useEffect(() => {
    document.title = 'Log in · tidemark'
  }, [])
  const submit = async (event: FormEvent<HTMLFormElement>) => {
    event.preventDefault()
    const form = new FormData(event.currentTarget)
    setBusy(true)
    setFault('')
    try {
      await onLogin(String(form.get('username') ?? ''), String(form.get('password') ?? ''))
    } catch (error) {
      setFault(error instanceof Error ? error.message : String(error))
    } finally {
      setBusy(false)
    }
  }
  return (
    <main className="grid min-h-dvh place-items-center px-4" data-testid="login">
      <div className="w-full max-w-88">
        <div className="mb-6 flex items-center gap-3">
          <img src="/favicon.svg" alt="" width={32} height={32} />
          <div>
            <h1 id="page-title" className="text-xl font-semibold tracking-tight">Log in to tidemark</h1>
            <p className="text-sm text-dim">Which of these matter, and what do we do?</p>
          </div>
        </div>
        <form onSubmit={(e) => void submit(e)} className="flex flex-col gap-4 rounded-xl border border-edge bg-surface p-5">
          {notice && <p role="status" className="text-sm text-dim">{notice}</p>}
          <Field label="Name" name="username" autoComplete="username" autoCapitalize="none" required autoFocus />
          <Field label="Password" name="password" type="password" autoComplete="current-password" required />
          {fault && <p role="alert" className="text-sm font-medium text-more">{fault}</p>}
          <Button type="submit" kind="primary" disabled={busy}>{busy ? 'Logging in…' : 'Log in'}</Button>
        </form>
        <p className="mt-4 text-xs text-faint">The first start prints a one-time login for the administrator. After that, ask them: tidemark user create.</p>
      </div>
    </main>
  )
}
