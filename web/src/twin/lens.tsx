import { Select } from '@/ui/select'
import { sinceChoices, useSince } from './change'

/** What the marks of a picture speak of. */
export interface Lens {
  id: string
  label: string
}

export const lenses: Lens[] = [{ id: 'exposure', label: 'Exposure' }, { id: 'freshness', label: 'Freshness' }, { id: 'owner', label: 'Owner' }, { id: 'change', label: 'Change' }]

/** The lens of the address; what there is not, is the first. */
export function lensOf(id: string): string {
  return lenses.some((l) => l.id === id) ? id : 'exposure'
}

/** Which lens, and of that of change since when. */
export function LensPick({ value, onChange }: { value: string; onChange: (lens: string) => void }) {
  const [since, setSince] = useSince()
  return (
    <>
      <Select label="Lens" value={value} choices={lenses.map((l) => ({ value: l.id, label: `Lens: ${l.label}` }))} onChange={onChange} />
      {value === 'change' && <Select label="Changed since" value={String(since)} choices={sinceChoices} onChange={setSince} />}
    </>
  )
}
