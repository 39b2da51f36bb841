import { Outlet, useLocation, useNavigate } from '@tanstack/react-router'
import { lazy, Suspense, useEffect, useMemo, useRef, useState } from 'react'
import { sessionOver } from '@/api/client'
import { asApiError } from '@/api/problem'
import { AccountMenu } from '@/frame/account-menu'
import { AwayStrip } from '@/frame/away-strip'
import { Frame } from '@/frame/frame'
import { useSession } from '@/overview/session'
import { usePreferences } from '@/state/preferences'
import { useToast } from '@/ui/toast'
import { useAway } from './away'
import { useFollow } from './follow'
import { useFrameData } from './frame-data'
import { paths } from './paths'
import { signOut } from './sign-out'

const DrillStrip = lazy(async () => ({ default: (await import('@/overview/drill-strip')).DrillStrip }))

/** The frame with what it shows, around the page of the address; nothing of it without a session. */
export function Shell() {
  const asked = useSession()
  const session = asked.data
  // To nobody the server answers with a session without a name.
  const closed = asApiError(asked.error ?? undefined).status === 401 || session?.name === '' || session?.must_set_password === true
  const leaving = useLogin(closed)
  useAdopted(closed ? undefined : session)
  if (leaving) return null
  return asked.isPending ? <Arriving /> : <Inside />
}

/** Until it is known who asks, nothing is asked for them. */
function Arriving() {
  return <p role="status" className="later p-6 text-sm text-faint" data-testid="waiting">Waiting for the server…</p>
}

function Inside() {
  const session = useSession().data
  const data = useFrameData()
  const { away, retry } = useAway()
  useFollow(session !== undefined)
  useFocusOnArrival()
  const leave = useSignOut()
  const commands = useMemo(() => [{ title: 'Sign out', run: leave }], [leave])
  const strip = (
    <>
      {away && <AwayStrip last={away.last} onRetry={retry} />}
      {session?.demo && <Suspense fallback={null}><DrillStrip /></Suspense>}
    </>
  )
  const account = session && <AccountMenu name={session.name} role={session.role} version={session.version} visible={data.visible} onSignOut={leave} />
  return <Frame {...data} strip={strip} account={account} commands={commands}><Outlet /></Frame>
}

function useSignOut(): () => void {
  const { say } = useToast()
  return useMemo(() => () => {
    signOut().catch((error: unknown) => say(`You are still signed in: ${asApiError(error).message}`))
  }, [say])
}

/** Without a session one is led to the login, and from there back to this very address. */
function useLogin(closed: boolean): boolean {
  const navigate = useNavigate()
  const [over, setOver] = useState(false)
  const gone = useRef(false)
  useEffect(() => {
    const end = () => setOver(true)
    sessionOver.addEventListener('over', end)
    return () => sessionOver.removeEventListener('over', end)
  }, [])
  const leaving = over || closed
  useEffect(() => {
    if (!leaving || gone.current) return
    gone.current = true
    const here = location.pathname + location.search
    // Whoever only comes in by the front door has nowhere to be led back to.
    const next = over || here !== paths.overview ? here : ''
    void navigate({ to: '/login', search: { next } as never, replace: true })
  }, [leaving, navigate, over])
  return leaving
}

/** Takes over what the server keeps for this person, once after they came in. */
function useAdopted(session: ReturnType<typeof useSession>['data']): void {
  const { adopt } = usePreferences()
  const whose = useRef('')
  useEffect(() => {
    if (!session || whose.current === session.name) return
    whose.current = session.name
    adopt(session.preferences)
  }, [session, adopt])
}

/** After going to another page the reading begins at its title. */
function useFocusOnArrival(): void {
  const path = useLocation({ select: (l) => l.pathname })
  const before = useRef(path)
  useEffect(() => {
    if (before.current === path) return
    before.current = path
    const timer = setTimeout(() => {
      const busy = document.activeElement && document.activeElement !== document.body
      if (!busy) document.getElementById('page-title')?.focus({ preventScroll: true })
    }, 50)
    return () => clearTimeout(timer)
  }, [path])
}
