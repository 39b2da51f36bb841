import { Outlet, useLocation, useNavigate } from '@tanstack/react-router'
import { useEffect, useRef } from 'react'
import { sessionOver } from '@/api/client'
import { Frame } from '@/frame/frame'
import { useFrameData } from './frame-data'

/** The frame with what it shows, around the page of the address. */
export function Shell() {
  const data = useFrameData()
  useLoginWhenOver()
  useFocusOnArrival()
  return <Frame {...data}><Outlet /></Frame>
}

/** A session that ended leads to the login, and from there back to this very address. */
function useLoginWhenOver(): void {
  const navigate = useNavigate()
  useEffect(() => {
    const leave = () => {
      const next = location.pathname + location.search
      void navigate({ to: '/login', search: { next } as never })
    }
    sessionOver.addEventListener('over', leave)
    return () => sessionOver.removeEventListener('over', leave)
  }, [navigate])
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
