import { keyTable } from '@/keys/table'
import { usePreferences } from '@/state/preferences'
import { Dialog } from '@/ui/dialog'
import { Switch } from '@/ui/field'

/** What the keys do, and the switch that turns them off. */
export default function KeyHelp({ open, onClose }: { open: boolean; onClose: () => void }) {
  const { preferences, set } = usePreferences()
  return (
    <Dialog open={open} onClose={onClose} title="Keyboard shortcuts" wide testId="key-help">
      <div className="grid gap-x-8 gap-y-5 pb-2 bar:grid-cols-2">
        {keyTable.map((group) => (
          <section key={group.title} className="first:row-span-3">
            <h3 className="eyebrow mb-1">{group.title}</h3>
            <dl className="grid grid-cols-[7rem_1fr] gap-y-1 text-sm">
              {group.keys.map(([key, does]) => (
                <div key={key} className="contents">
                  <dt>{key.split('  ').map((k) => <kbd key={k} className="mr-1 rounded border border-edge bg-sunken px-1.5 py-0.5 text-xs">{k}</kbd>)}</dt>
                  <dd className="text-dim">{does}</dd>
                </div>
              ))}
            </dl>
          </section>
        ))}
        <section>
          <Switch label="Letter keys" hint="Ctrl-K works either way." on={preferences.shortcuts} onChange={(shortcuts) => set({ shortcuts })} />
        </section>
      </div>
    </Dialog>
  )
}
