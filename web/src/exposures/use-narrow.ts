import { useCallback, useSyncExternalStore } from 'react'

/** Below the width of a tablet on its side. */
const medium = '(max-width: 1279.98px)'
const phone = '(max-width: 699.98px)'

function useMedia(query: string): boolean {
  const subscribe = useCallback((tell: () => void) => {
    const media = matchMedia(query)
    media.addEventListener('change', tell)
    return () => media.removeEventListener('change', tell)
  }, [query])
  return useSyncExternalStore(subscribe, () => matchMedia(query).matches)
}

/** Whether there is no room for every column. */
export function useMedium(): boolean {
  return useMedia(medium)
}

/** Whether the window is as narrow as a phone. */
export function useNarrow(): boolean {
  return useMedia(phone)
}
