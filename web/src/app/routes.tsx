import { createRootRoute, createRoute, createRouter, lazyRouteComponent, Outlet, redirect } from '@tanstack/react-router'
import { parseSearch, type Search, stringifySearch } from '@/state/search'
import { BrokenPage, NoSuchPage } from './fallback-pages'
import { Shell } from './shell'

/**
 * One line for each page; each is loaded when it is first opened. A page is a
 * component with the name given here, in the file of src/pages.
 */
const root = createRootRoute({ component: Outlet })

/** Pages within the frame. */
const framed = createRoute({ getParentRoute: () => root, id: 'framed', component: Shell })
const inFrame = () => framed

const home = createRoute({
  getParentRoute: inFrame,
  path: '/',
  beforeLoad: ({ search }) => {
    throw redirect({ to: '/overview', search: search as never, replace: true })
  },
})

const pages = [
  createRoute({ getParentRoute: inFrame, path: '/overview', component: lazyRouteComponent(() => import('@/pages/overview'), 'Overview') }),
  createRoute({ getParentRoute: inFrame, path: '/connect', component: lazyRouteComponent(() => import('@/pages/connect'), 'Connect') }),
  createRoute({ getParentRoute: inFrame, path: '/exposures', component: lazyRouteComponent(() => import('@/pages/exposures'), 'Exposures') }),
  createRoute({ getParentRoute: inFrame, path: '/exposures/$id', component: lazyRouteComponent(() => import('@/pages/exposure'), 'Exposure') }),
  createRoute({ getParentRoute: inFrame, path: '/affected/$', component: lazyRouteComponent(() => import('@/pages/affected'), 'Affected') }),
  createRoute({ getParentRoute: inFrame, path: '/twin', component: lazyRouteComponent(() => import('@/pages/twin'), 'Twin') }),
  createRoute({ getParentRoute: inFrame, path: '/twin/flows', component: lazyRouteComponent(() => import('@/pages/flows'), 'Flows') }),
  createRoute({ getParentRoute: inFrame, path: '/twin/diff', component: lazyRouteComponent(() => import('@/pages/diff'), 'Diff') }),
  // A Service of Kubernetes is a kind of things: it is told apart by its capital.
  createRoute({ getParentRoute: inFrame, path: '/twin/$kind/$id', component: lazyRouteComponent(() => import('@/pages/entity'), 'Entity') }),
  createRoute({ getParentRoute: inFrame, path: '/twin/service/$name', caseSensitive: true, component: lazyRouteComponent(() => import('@/pages/service'), 'Service') }),
  createRoute({ getParentRoute: inFrame, path: '/products', component: lazyRouteComponent(() => import('@/pages/products'), 'Products') }),
  createRoute({ getParentRoute: inFrame, path: '/products/$id', component: lazyRouteComponent(() => import('@/pages/product'), 'Product') }),
  createRoute({ getParentRoute: inFrame, path: '/actions', component: lazyRouteComponent(() => import('@/pages/actions'), 'Actions') }),
  createRoute({ getParentRoute: inFrame, path: '/actions/$id', component: lazyRouteComponent(() => import('@/pages/action'), 'Action') }),
  createRoute({ getParentRoute: inFrame, path: '/sources', component: lazyRouteComponent(() => import('@/pages/sources'), 'Sources') }),
  createRoute({ getParentRoute: inFrame, path: '/sources/$name', component: lazyRouteComponent(() => import('@/pages/source'), 'Source') }),
  createRoute({ getParentRoute: inFrame, path: '/coverage', component: lazyRouteComponent(() => import('@/pages/coverage'), 'Coverage') }),
  createRoute({ getParentRoute: inFrame, path: '/intel', component: lazyRouteComponent(() => import('@/pages/intel'), 'Intel') }),
  createRoute({ getParentRoute: inFrame, path: '/intel/$id', component: lazyRouteComponent(() => import('@/pages/weakness'), 'Weakness') }),
  createRoute({ getParentRoute: inFrame, path: '/audit', component: lazyRouteComponent(() => import('@/pages/audit'), 'Audit') }),
  createRoute({ getParentRoute: inFrame, path: '/settings', component: lazyRouteComponent(() => import('@/pages/settings'), 'Settings') }),
  createRoute({ getParentRoute: inFrame, path: '/settings/$section', component: lazyRouteComponent(() => import('@/pages/settings'), 'Settings') }),
  createRoute({ getParentRoute: inFrame, path: '/help', component: lazyRouteComponent(() => import('@/pages/help'), 'Help') }),
]

const login = createRoute({ getParentRoute: () => root, path: '/login', component: lazyRouteComponent(() => import('@/pages/login'), 'Login') })

export const router = createRouter({
  routeTree: root.addChildren([login, framed.addChildren([home, ...pages])]),
  parseSearch: parseSearch as (text: string) => Search,
  stringifySearch,
  defaultPreload: 'intent',
  defaultPreloadDelay: 60,
  scrollRestoration: true,
  defaultNotFoundComponent: NoSuchPage,
  defaultErrorComponent: BrokenPage,
  // The data of a page belongs to its queries, not to the router.
  defaultPreloadStaleTime: 0,
})
