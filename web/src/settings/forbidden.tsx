import { Lock } from 'lucide-react'

/** What this person may not see, and who may: never a silent empty page. */
export function Forbidden({ what, as, who }: { what: string; as: string; who: string }) {
  return (
    <div data-state="forbidden" data-testid="forbidden" className="mx-auto flex max-w-xl flex-col items-center px-6 py-12 text-center">
      <span className="mb-4 grid size-10 place-items-center rounded-full border border-edge bg-surface text-dim"><Lock size={18} aria-hidden="true" /></span>
      <p className="text-base font-semibold">{what} is not open to {as ? `the role ${as}` : 'you'}.</p>
      <p className="mt-1.5 text-sm text-dim">{who} Ask an admin for another role.</p>
    </div>
  )
}
