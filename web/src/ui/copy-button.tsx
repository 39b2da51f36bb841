import { Check, Copy } from 'lucide-react'
import { useEffect, useState } from 'react'
import { Button, IconButton } from './button'

/** Where the page is not on https or localhost, the clipboard is not to be had. */
async function copy(text: string): Promise<boolean> {
  try {
    await navigator.clipboard.writeText(text)
    return true
  } catch {
    return false
  }
}

interface Props {
  text: string
  /** What is copied: "command", "link". */
  what: string
  /** Show the words, not only the sign. */
  words?: boolean
}

export function CopyButton({ text, what, words = false }: Props) {
  const [state, setState] = useState<'' | 'Copied' | 'Could not copy'>('')
  useEffect(() => {
    if (state === '') return
    const timer = setTimeout(() => setState(''), 2000)
    return () => clearTimeout(timer)
  }, [state])
  const run = () => void copy(text).then((done) => setState(done ? 'Copied' : 'Could not copy'))
  const sign = state === 'Copied' ? <Check size={14} aria-hidden="true" /> : <Copy size={14} aria-hidden="true" />
  return (
    <>
      {words ? (
        <Button small onClick={run}>{sign}{state || `Copy ${what}`}</Button>
      ) : (
        <IconButton label={`Copy ${what}`} onClick={run} className="size-7">{sign}</IconButton>
      )}
      <span role="status" className="sr-only">{state}</span>
    </>
  )
}
