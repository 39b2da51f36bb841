import { Select } from '@/ui/select'

/** What the marks of a picture speak of. */
export interface Lens {
  id: string
  label: string
}

const all: Lens[] = [{ id: 'exposure', label: 'Exposure' }, { id: 'freshness', label: 'Freshness' }, { id: 'owner', label: 'Owner' }, { id: 'change', label: 'Change' }]

/** The lenses of a level. What a single service changed stands in its timelines. */
export function lensesOf(level: 'estate' | 'product' | 'service'): Lens[] {
  return level === 'service' ? all.filter((l) => l.id !== 'change') : all
}

export function LensPick({ level, value, onChange }: { level: 'estate' | 'product' | 'service'; value: string; onChange: (lens: string) => void }) {
  return <Select label="Lens" value={value} choices={lensesOf(level).map((l) => ({ value: l.id, label: `Lens: ${l.label}` }))} onChange={onChange} />
}
