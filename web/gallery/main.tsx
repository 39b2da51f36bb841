import { createRootRoute, createRoute, createRouter, RouterProvider } from '@tanstack/react-router'
import { createRoot } from 'react-dom/client'
import '@/app/app.css'
import { Frame } from '@/frame/frame'
import { LoginPage } from '@/frame/login-page'
import { PreferencesProvider } from '@/state/preferences'
import { parseSearch, type Search, stringifySearch } from '@/state/search'
import { useSearchTexts } from '@/state/view'
import { ToastProvider } from '@/ui/toast'
import { ExposureScene, KitScene, ListScene, OverviewScene, StatesScene } from './scenes'

const scenes: Record<string, () => React.ReactNode> = {
  overview: OverviewScene, list: ListScene, exposure: ExposureScene, kit: KitScene, states: StatesScene,
}
const choice = (value: string) => ({ value, label: value })

function Gallery() {
  const name = useSearchTexts()['scene'] ?? 'overview'
  if (name === 'login') return <LoginPage onLogin={() => Promise.reject(new Error('The name or the password is wrong.'))} />
  const Scene = scenes[name] ?? OverviewScene
  return (
    <Frame
      choices={{ products: ['pay', 'shop', 'search'].map(choice), environments: ['prod-eu', 'prod-us', 'staging'].map(choice), owners: Array.from({ length: 12 }, (_, i) => choice(`team-${i}`)) }}
      standing={{ state: 'stale', sentence: '9 of 10 sources are fresh. 43 exposures will lose their evidence in 6 h.', workloads: 220, covered: 214, worst: 'k8s-prod-eu', worst_at: new Date(Date.now() - 31 * 3_600_000).toISOString(), stale: ['k8s-prod-eu'] }}
      badges={{ '/sources': 'stale' }}
      search={(text) => Promise.resolve([{ kind: 'service', id: text, label: `checkout (${text})`, note: 'prod-eu · payments', path: '/twin/service/checkout' }])}
    >
      <Scene />
    </Frame>
  )
}

const root = createRootRoute({ component: Gallery })
const router = createRouter({
  routeTree: root.addChildren([createRoute({ getParentRoute: () => root, path: '$' })]),
  parseSearch: parseSearch as (text: string) => Search,
  stringifySearch,
})

createRoot(document.getElementById('root') as HTMLElement).render(
  <PreferencesProvider><ToastProvider><RouterProvider router={router as never} /></ToastProvider></PreferencesProvider>,
)
