import { createMemoryHistory, createRootRoute, createRoute, createRouter, RouterProvider } from '@tanstack/react-router'
import { render } from '@testing-library/react'
import type { ReactNode } from 'react'
import { parseSearch, type Search, stringifySearch } from '@/state/search'
import { PreferencesProvider } from '@/state/preferences'

/** Renders a part where it can link and read the address; returns the router. */
export async function renderAt(address: string, part: () => ReactNode) {
  const root = createRootRoute({ component: part })
  const router = createRouter({
    routeTree: root.addChildren([createRoute({ getParentRoute: () => root, path: '$' })]),
    history: createMemoryHistory({ initialEntries: [address] }),
    parseSearch: parseSearch as (text: string) => Search,
    stringifySearch,
  })
  await router.load()
  return { router, ...render(<PreferencesProvider><RouterProvider router={router as never} /></PreferencesProvider>) }
}
