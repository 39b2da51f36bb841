import { useCallback, useState } from 'react'

/** A text that outlives a lost session: kept in this tab until it is sent. */
export function useDraft(name: string): [string, (text: string) => void] {
  const key = `tidemark.draft.${name}`
  const [text, setText] = useState(() => sessionStorage.getItem(key) ?? '')
  const set = useCallback(
    (next: string) => {
      setText(next)
      if (next === '') sessionStorage.removeItem(key)
      else sessionStorage.setItem(key, next)
    },
    [key],
  )
  return [text, set]
}
