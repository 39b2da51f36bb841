import { FileUp } from 'lucide-react'
import { useId, useRef, useState } from 'react'
import { cx } from '@/lib/class-names'
import { count } from '@/lib/format'
import { Button } from './button'

interface Props {
  /** What belongs here: "CycloneDX or SPDX document". */
  what: string
  /** Of the file, as in ".json,.xml". */
  accept?: string
  /** Called with the text; throws what is to be shown. */
  onText: (text: string, name: string) => Promise<void>
  largest?: number
}

const standardLargest = 64 << 20

/** Takes a file that is dropped, chosen, or pasted as text. */
export function FileDrop({ what, accept = '.json,.xml,.yaml,.yml,.spdx', onText, largest = standardLargest }: Props) {
  const [over, setOver] = useState(false)
  const [pasted, setPasted] = useState('')
  const [status, setStatus] = useState<{ state: 'idle' | 'busy' | 'fault'; text: string }>({ state: 'idle', text: '' })
  const file = useRef<HTMLInputElement>(null)
  const id = useId()
  const send = async (text: string, name: string) => {
    setStatus({ state: 'busy', text: `Sending ${name} (${count(text.length)} characters)…` })
    try {
      await onText(text, name)
      setPasted('')
      setStatus({ state: 'idle', text: `${name} was taken.` })
    } catch (error) {
      setStatus({ state: 'fault', text: error instanceof Error ? error.message : String(error) })
    }
  }
  const take = async (chosen: File | undefined) => {
    if (!chosen) return
    if (chosen.size > largest) return setStatus({ state: 'fault', text: `${chosen.name} is larger than ${count(largest / (1 << 20))} MB.` })
    await send(await chosen.text(), chosen.name)
  }
  return (
    <div
      data-testid="file-drop"
      data-state={status.state}
      onDragOver={(e) => { e.preventDefault(); setOver(true) }}
      onDragLeave={() => setOver(false)}
      onDrop={(e) => { e.preventDefault(); setOver(false); void take(e.dataTransfer.files[0]) }}
      className={cx('rounded-lg border border-dashed p-4', over ? 'border-focus bg-chosen' : 'border-control bg-surface')}
    >
      <div className="flex flex-wrap items-center gap-3">
        <FileUp size={18} aria-hidden="true" className="text-faint" />
        <p className="grow text-sm">Drop a {what} here, paste it below, or</p>
        <Button small onClick={() => file.current?.click()}>Choose a file</Button>
        <input ref={file} type="file" accept={accept} className="hidden" aria-label={`Choose a ${what}`} tabIndex={-1}
          onChange={(e) => { void take(e.target.files?.[0]); e.target.value = '' }} />
      </div>
      <label htmlFor={id} className="sr-only">Paste a {what}</label>
      <textarea id={id} rows={3} value={pasted} spellCheck={false} placeholder="{ … }" onChange={(e) => setPasted(e.target.value)}
        className="field mt-3 h-auto w-full py-2 font-mono text-xs" />
      <div className="mt-2 flex min-h-7 items-center justify-between gap-3">
        <p role={status.state === 'fault' ? 'alert' : 'status'} className={cx('text-xs foreign', status.state === 'fault' ? 'font-medium text-more' : 'text-dim')}>{status.text}</p>
        {pasted.trim() !== '' && <Button small kind="primary" disabled={status.state === 'busy'} onClick={() => void send(pasted, 'pasted text')}>Send</Button>}
      </div>
    </div>
  )
}
