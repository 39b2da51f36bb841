import { useParams } from '@tanstack/react-router'
import { useEffect } from 'react'
import { Answer } from '@/affected/answer'
import { AskBox } from '@/affected/box'
import { History } from '@/affected/history'
import { Start } from '@/affected/start'
import { useAffected } from '@/affected/ask'
import { remember } from '@/affected/recent'
import { useLive } from '@/overview/ask'
import { useAsOf, useScope, useSearchTexts } from '@/state/view'
import { Page } from '@/ui/page'

/** What is asked about, from the address: /affected/CVE-… or /affected?digest=sha256:… */
function useWhat(): string {
  const { _splat = '' } = useParams({ strict: false })
  const { digest = '' } = useSearchTexts()
  return _splat || digest
}

export function Affected() {
  const what = useWhat()
  const at = useAsOf()
  const asked = useAffected(what, at)
  useLive('affected', 'workloads')
  const found = asked.data !== undefined
  useEffect(() => {
    if (found && what !== '') remember(what)
  }, [found, what])
  return (
    <Page
      page="Are we affected?" object={what} title={what === '' ? 'Are we affected?' : <>Are we affected by <span className="foreign">{what}</span>?</>}
      question="Does it run here, where, since when, can the internet reach it, and who owns it?"
      foot={{ asOf: asked.data?.as_of ?? null, ...(asked.data ? { rows: asked.data.total } : {}) }}
    >
      <div className="mb-4 flex flex-col gap-3"><AskBox what={what} />{what !== '' && <History />}{what !== '' && <WholeEstate />}</div>
      {what === '' ? <Start /> : <Answer what={what} />}
    </Page>
  )
}

/** A smaller question would be answered too well. */
function WholeEstate() {
  const [{ product, env, owner }] = useScope()
  if (!product && !env && !owner) return null
  return <p className="text-sm text-dim">This answer is about everything you may see, not only the scope chosen above.</p>
}
