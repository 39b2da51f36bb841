import { Link } from '@tanstack/react-router'
import type { ComponentProps, ReactNode } from 'react'
import { patched, scopeSearch, type Search } from '@/state/search'

export interface PageLinkProps extends Omit<ComponentProps<'a'>, 'href'> {
  /** The path of a page, as in paths.ts. */
  to: string
  /** What the page shows. The scope (product, environment, owner, as of) goes along. */
  search?: Search
  children?: ReactNode
}

/** A link inside of tidemark. */
export function PageLink({ to, search, ...rest }: PageLinkProps) {
  const next = (before: Search) => patched(scopeSearch(before), search ?? {})
  return <Link to={to as '/'} search={next as never} {...rest} />
}
