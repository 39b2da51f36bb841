import { Download } from 'lucide-react'
import { useRef, useState } from 'react'
import { asApiError } from '@/api/problem'
import { count } from '@/lib/format'
import { Button } from '@/ui/button'
import { Dialog } from '@/ui/dialog'
import { Menu, MenuItem, MenuLine, MenuTitle } from '@/ui/menu'
import { useToast } from '@/ui/toast'
import type { Question } from './ask'

/** How rows become files and lines: nothing that has to be there to see the list. */
const writing = () => import('./export')

interface Running {
  done: number
  total: number
  failed: string
}

/** All rows of the list as a file, and the same question for other tools. */
export function ExportMenu({ ask, total }: { ask: Question; total: number }) {
  const { say } = useToast()
  const [running, setRunning] = useState<Running | null>(null)
  const stop = useRef<AbortController | null>(null)
  const close = () => {
    stop.current?.abort()
    setRunning(null)
  }
  const run = async (kind: 'csv' | 'json') => {
    const stopping = new AbortController()
    stop.current = stopping
    setRunning({ done: 0, total, failed: '' })
    try {
      const { download, exposureCsv, exposureJson, loadAll, rulesOf } = await writing()
      const whole = await loadAll(ask, (done, all) => setRunning({ done, total: all, failed: '' }), stopping.signal)
      const name = `tidemark-exposures-${whole.asOf.slice(0, 10)}.${kind}`
      if (kind === 'csv') download(name, 'text/csv;charset=utf-8', exposureCsv(whole.rows))
      else download(name, 'application/json', exposureJson(whole, ask, await rulesOf(whole.rows, ask)))
      setRunning(null)
      say(`${count(whole.total)} rows in ${name}`)
    } catch (error) {
      if (stopping.signal.aborted) return
      const problem = asApiError(error)
      setRunning((was) => was && { ...was, failed: problem.detail || problem.title })
    }
  }
  const copy = async (line: string | ((w: Awaited<ReturnType<typeof writing>>) => string), what: string) => {
    const text = typeof line === 'string' ? line : line(await writing())
    const done = await navigator.clipboard.writeText(text).then(() => true, () => false)
    say(done ? `Copied the ${what}` : `Could not copy: ${text}`)
  }
  return (
    <>
      <Menu trigger={<Button small data-testid="export"><Download size={14} aria-hidden="true" />Export</Button>}>
        <MenuTitle>{count(total)} rows</MenuTitle>
        <MenuItem onSelect={() => void run('csv')}>Download CSV</MenuItem>
        <MenuItem onSelect={() => void run('json')}>Download JSON</MenuItem>
        <MenuLine />
        <MenuItem onSelect={() => void copy((w) => w.cliLine(ask), 'command')}>Copy as CLI</MenuItem>
        <MenuItem onSelect={() => void copy((w) => w.apiLine(ask, location.origin), 'curl line')}>Copy as API</MenuItem>
        <MenuItem onSelect={() => void copy(location.href, 'link')}>Copy a link to this view</MenuItem>
      </Menu>
      {running && (
        <Dialog open onClose={close} title={running.failed ? 'The file was not made' : 'Reading all rows'} testId="exporting" footer={<Button onClick={close}>{running.failed ? 'Close' : 'Cancel'}</Button>}>
          {running.failed ? <p role="alert" className="text-sm foreign">{running.failed}</p> : (
            <div className="flex items-center gap-3 text-sm" role="status">
              <progress value={running.done} max={Math.max(1, running.total)} aria-label="Rows read" className="h-1.5 grow accent-ramp-1" />
              {count(running.done)} of {count(running.total)}
            </div>
          )}
        </Dialog>
      )}
    </>
  )
}
