import { keepPreviousData, QueryClient } from '@tanstack/react-query'
import { asApiError } from './problem'

/** Only what may pass by itself is tried again: no answer, and 502 to 504. */
function isPassing(error: unknown): boolean {
  const status = asApiError(error).status
  return status === 0 || (status >= 502 && status <= 504)
}

export function newQueryClient(): QueryClient {
  return new QueryClient({
    defaultOptions: {
      queries: {
        staleTime: 15_000,
        gcTime: 5 * 60_000,
        placeholderData: keepPreviousData,
        retry: (failures, error) => failures < 2 && isPassing(error),
        refetchOnWindowFocus: false,
        // The server may be on this machine or in this house: the browser's idea of being online says nothing of it.
        networkMode: 'always',
      },
      mutations: { retry: false, networkMode: 'always' },
    },
  })
}
