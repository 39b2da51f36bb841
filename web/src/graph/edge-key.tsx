import type { EdgeLook } from './model'

/** How each kind of knowing looks: the surer, the more solid. */
export const edgeLooks: Record<EdgeLook, { word: string; look: string }> = {
  observed: { word: 'observed: it was seen', look: 'stroke-ramp-1' },
  declared: { word: 'declared: somebody said so', look: 'stroke-control' },
  documented: { word: 'documented: somebody wrote it down', look: 'stroke-ramp-2 [stroke-dasharray:10_3]' },
  inferred: { word: 'inferred from configuration', look: 'stroke-ramp-2 [stroke-dasharray:5_4]' },
  unknown: { word: 'not known', look: 'stroke-control [stroke-dasharray:1_4]' },
  refused: { word: 'tried and refused', look: 'stroke-more [stroke-dasharray:2_5]' },
}

export function EdgeKey({ looks }: { looks: EdgeLook[] }) {
  return (
    <p className="mt-1 flex flex-wrap gap-x-4 gap-y-1 text-xs text-faint">
      {(Object.keys(edgeLooks) as EdgeLook[]).filter((l) => looks.includes(l)).map((l) => (
        <span key={l} className="inline-flex items-center gap-1.5">
          <svg width="26" height="8" aria-hidden="true" className="mark"><path d="M0 4H26" fill="none" strokeWidth="2" className={edgeLooks[l].look} /></svg>
          {edgeLooks[l].word}
        </span>
      ))}
    </p>
  )
}
