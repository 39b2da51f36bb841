import { useState } from 'react'
import { utc } from '@/lib/format'
import { useAsOf, useScope } from '@/state/view'
import { Button } from '@/ui/button'

const weeks = 52
const week = 7 * 86_400_000

function dayBack(n: number): string {
  return new Date(Date.now() - n * week).toISOString().slice(0, 10)
}

/** Was it here then? Moves the page's moment; the answer of then stands beside that of now. */
export function History() {
  const [, setScope] = useScope()
  const at = useAsOf()
  const back = at ? Math.min(weeks, Math.max(0, Math.round((Date.now() - at.getTime()) / week))) : 0
  return (
    <div className="flex flex-wrap items-center gap-x-4 gap-y-2 text-sm" data-testid="history">
      <label htmlFor="history" className="font-medium">Was it here then?</label>
      <Slider key={back} back={back} at={at} onTake={(n) => setScope({ asof: n === 0 ? '' : dayBack(n) })} />
      <label className="inline-flex items-center gap-2 text-dim">or the end of
        <input type="date" className="field" max={dayBack(0)} value={at ? utc(at).slice(0, 10) : ''} onChange={(e) => setScope({ asof: e.target.value })} />
      </label>
      {at && <Button small onClick={() => setScope({ asof: '' })}>Return to now</Button>}
    </div>
  )
}

interface SliderProps {
  back: number
  at: Date | null
  onTake: (weeksBack: number) => void
}

/** Asks when it is let go, not at each step. */
function Slider({ back, at, onTake }: SliderProps) {
  const [shown, setShown] = useState(back)
  const take = () => shown !== back && onTake(shown)
  return (
    <>
      <input
        id="history" type="range" min={0} max={weeks} value={weeks - shown} className="h-6 w-56 max-w-full grow accent-ink bar:grow-0"
        aria-valuetext={shown === 0 ? 'now' : dayBack(shown)} onChange={(e) => setShown(weeks - Number(e.target.value))} onPointerUp={take} onKeyUp={take} onBlur={take}
      />
      <output htmlFor="history" className="min-w-24 text-dim">{shown === 0 ? 'now' : shown === back && at ? utc(at).slice(0, 10) : dayBack(shown)}</output>
    </>
  )
}
