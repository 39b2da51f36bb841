import { useState } from 'react'
import { answer, api } from '@/api/client'
import { asApiError } from '@/api/problem'
import { useAsOf } from '@/state/view'
import type { SBOM } from '@/twin/wire'
import { Button } from '@/ui/button'
import { useToast } from '@/ui/toast'

/** The document byte for byte as it came. */
export function bytesOf(doc: Pick<SBOM, 'document'>): Uint8Array<ArrayBuffer> {
  return Uint8Array.from(atob(doc.document), (c) => c.charCodeAt(0))
}

/** Hands the SBOM of an artifact to the browser as a file: the one of the time that is looked at. */
export function SbomButton({ artifact }: { artifact: string }) {
  const at = useAsOf()
  const { say } = useToast()
  const [busy, setBusy] = useState(false)
  const fetchIt = async () => {
    setBusy(true)
    try {
      const doc = answer(await api.GET('/api/v1/artifacts/{id}/sbom', { params: { path: { id: artifact }, query: at ? { as_of: at.toISOString() } : {} } }))
      const { download } = await import('@/lib/download')
      download(doc.file, doc.media_type, bytesOf(doc))
      say(`The SBOM as it came: ${doc.format} ${doc.version}, ${doc.file}`)
    } catch (error) {
      const { detail, hint } = asApiError(error)
      say([detail || 'The SBOM cannot be had.', hint].filter(Boolean).join(' '))
    } finally {
      setBusy(false)
    }
  }
  return <Button onClick={() => void fetchIt()} disabled={busy}>{busy ? 'Reading…' : 'Download SBOM'}</Button>
}
