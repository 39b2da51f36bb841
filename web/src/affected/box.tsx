import { useNavigate } from '@tanstack/react-router'
import { Search } from 'lucide-react'
import { type FormEvent, useEffect, useRef } from 'react'
import { paths } from '@/app/paths'
import { useShortcuts } from '@/keys/shortcuts'
import { detect } from '@/palette/detect'
import { patched, scopeSearch, type Search as Texts } from '@/state/search'
import { Button } from '@/ui/button'

/** Where a pasted text belongs: the page of the id, with a digest as its own key. */
export function placeOf(text: string): { to: string; search: Texts } {
  const what = text.trim()
  const found = detect(what)
  if (found && found.to.startsWith('/affected')) return { to: found.to, search: found.search ?? {} }
  return { to: paths.affected(what), search: {} }
}

/** One box for everything that can be asked about. */
export function AskBox({ what }: { what: string }) {
  const navigate = useNavigate()
  const field = useRef<HTMLInputElement>(null)
  useEffect(() => {
    if (what === '') field.current?.focus()
  }, [what])
  useShortcuts({ '/': () => field.current?.select() })
  const submit = (event: FormEvent<HTMLFormElement>) => {
    event.preventDefault()
    const text = String(new FormData(event.currentTarget).get('what') ?? '').trim()
    if (text === '') return
    const { to, search } = placeOf(text)
    void navigate({ to, search: ((before: Texts) => patched(scopeSearch(before), search)) as never })
  }
  return (
    <form onSubmit={submit} role="search" className="flex gap-2">
      <div className="relative min-w-0 grow">
        <Search size={16} aria-hidden="true" className="pointer-events-none absolute top-3 left-3 text-faint" />
        <input
          key={what} ref={field} name="what" defaultValue={what} data-testid="affected-box" autoComplete="off" autoCapitalize="none" spellCheck={false}
          aria-label="CVE, GHSA, package URL, package name or image digest" placeholder="CVE-2021-44228, GHSA-…, pkg:npm/…, log4j-core@2.14.1, sha256:…"
          className="field h-10 w-full pl-9 text-base"
        />
      </div>
      <Button type="submit" kind="primary" className="h-10 px-4">Ask</Button>
    </form>
  )
}
