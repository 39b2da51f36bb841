import { useState } from 'react'
import { answer, api } from '@/api/client'
import { asApiError } from '@/api/problem'
import { type Density, type Preferences, type Theme, usePreferences } from '@/state/preferences'
import { Switch } from '@/ui/field'
import { PanelFrame } from '@/ui/panel-frame'
import { Segments } from '@/ui/segments'

const themes = [{ id: 'system', label: 'As the system' }, { id: 'light', label: 'Light' }, { id: 'dark', label: 'Dark' }]
const densities = [{ id: 'compact', label: 'Compact' }, { id: 'normal', label: 'Normal' }, { id: 'roomy', label: 'Roomy' }]

/** Holds at once in this browser, and is kept on the server for the next one. */
export function Appearance() {
  const { preferences, set } = usePreferences()
  const [note, setNote] = useState('')
  const keep = (patch: Partial<Preferences>) => {
    set(patch)
    api.PUT('/api/v1/session/preferences', { body: { ...preferences, ...patch } })
      .then((done) => { answer(done); setNote('Kept for all your browsers.') })
      .catch((error: unknown) => setNote(`It holds in this browser only: ${asApiError(error).message}`))
  }
  return (
    <PanelFrame id="appearance" subject="The appearance" title="How it looks" className="max-w-2xl">
      <div className="flex flex-col gap-4">
        <Choice label="Theme" hint="The first paint of a page has it already."><Segments label="Theme" segments={themes} value={preferences.theme} onChange={(id) => keep({ theme: id as Theme })} /></Choice>
        <Choice label="Density" hint="Height of the rows in long lists: 28, 36 or 44 px."><Segments label="Density" segments={densities} value={preferences.density} onChange={(id) => keep({ density: id as Density })} /></Choice>
        <Switch label="Letter keys" hint="j, k, 1 to 4, g e and the like. Ctrl-K works always." on={preferences.shortcuts} onChange={(on) => keep({ shortcuts: on })} />
      </div>
      <p role="status" className="mt-3 min-h-5 text-xs text-faint foreign">{note}</p>
    </PanelFrame>
  )
}

function Choice({ label, hint, children }: { label: string; hint: string; children: React.ReactNode }) {
  return (
    <div className="flex flex-wrap items-center justify-between gap-x-6 gap-y-1.5">
      <div><p className="text-sm font-medium">{label}</p><p className="text-xs text-faint">{hint}</p></div>
      {children}
    </div>
  )
}
