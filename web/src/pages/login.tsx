import { useQueryClient } from '@tanstack/react-query'
import { useRouter } from '@tanstack/react-router'
import { useEffect, useRef, useState } from 'react'
import { LoginPage } from '@/frame/login-page'
import { codeOf, enter, nextOf, present, type Session } from '@/login/enter'
import { Card, PasswordForm } from '@/login/password-form'
import { useSearchTexts } from '@/state/view'

type Stage = { at: 'asking' } | { at: 'name'; notice: string } | { at: 'password'; name: string }

/** In: by name and password, or by a link that works once; then back to where one was. */
export function Login() {
  const search = useSearchTexts()
  const router = useRouter()
  const client = useQueryClient()
  const [stage, setStage] = useState<Stage>({ at: 'asking' })
  const leave = () => {
    client.clear()
    router.history.replace(nextOf(search['next']))
  }
  const taken = (session: Session) => (session.must_set_password ? setStage({ at: 'password', name: session.name }) : leave())
  useArrival(taken, (notice) => setStage({ at: 'name', notice }))
  if (stage.at === 'asking') return <Card title="Log in to tidemark" line="One moment…">{null}</Card>
  if (stage.at === 'password') return <PasswordForm name={stage.name} onDone={leave} />
  const notice = stage.notice || (search['next'] ? 'Your session has ended, or you were not signed in. After the login you are back where you were.' : '')
  return <LoginPage notice={notice || undefined} onLogin={async (name, password) => taken(await enter({ name: name.trim(), password }))} />
}

/** The code of the address is tried once and leaves the address at once; without one, perhaps one is in already. */
function useArrival(taken: (session: Session) => void, out: (notice: string) => void): void {
  const begun = useRef(false)
  const latest = useRef({ taken, out })
  useEffect(() => {
    latest.current = { taken, out }
  })
  useEffect(() => {
    if (begun.current) return
    begun.current = true
    const code = codeOf(location.hash, location.search)
    if (code !== '') history.replaceState(history.state, '', withoutCode())
    const asked = code === '' ? present() : enter({ code })
    asked.then(
      (session) => (session ? latest.current.taken(session) : latest.current.out('')),
      (error: unknown) => latest.current.out(error instanceof Error ? error.message : String(error)),
    )
  }, [])
}

function withoutCode(): string {
  const rest = new URLSearchParams(location.search)
  rest.delete('code')
  const text = rest.toString()
  return location.pathname + (text ? `?${text}` : '')
}
