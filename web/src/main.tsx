import { QueryClientProvider } from '@tanstack/react-query'
import { RouterProvider } from '@tanstack/react-router'
import { StrictMode } from 'react'
import { createRoot } from 'react-dom/client'
import { newQueryClient } from './api/query-client'
import './app/app.css'
import { router } from './app/routes'
import { preferenceKeeper } from './state/keep-preferences'
import { PreferencesProvider } from './state/preferences'
import { ToastProvider } from './ui/toast'

const root = document.getElementById('root')
if (!root) throw new Error('index.html has no element "root"')

const client = newQueryClient()
const keep = preferenceKeeper(client)

createRoot(root).render(
  <StrictMode>
    <QueryClientProvider client={client}>
      <PreferencesProvider onChange={keep}>
        <ToastProvider>
          <RouterProvider router={router} />
        </ToastProvider>
      </PreferencesProvider>
    </QueryClientProvider>
  </StrictMode>,
)
