import { useState } from 'react'
import { useView } from '@/state/view'
import { CodeBlock } from '@/ui/code-block'
import { PanelFrame } from '@/ui/panel-frame'
import { Tabs } from '@/ui/tabs'
import { ciLines, forgeLines, hostLines } from './agents'
import { ClusterConnect } from './cluster-connect'
import { TokenMaker } from './token'

const server = () => location.origin

interface KindProps {
  /** Why one would want it. */
  why: string
  /** The source that the token may speak for; "": it needs none of ours here. */
  standard: string
  blocks: (token: string) => { what: string; text: string }[]
}

function Kind({ why, standard, blocks }: KindProps) {
  const [secret, setSecret] = useState('')
  return (
    <div className="flex flex-col gap-4">
      <p className="max-w-2xl text-sm text-dim">{why}</p>
      {standard && <TokenMaker secret={secret} onSecret={setSecret} standard={standard} />}
      {blocks(secret).map((b) => <CodeBlock key={b.what} what={b.what} text={b.text} />)}
    </div>
  )
}

/** What sees more than a person can send: agents, forges, pipelines. */
export function MoreSources() {
  const [view, setView] = useView({ source: 'kube' })
  const tabs = [
    { id: 'kube', label: 'Kubernetes', content: <ClusterConnect /> },
    { id: 'host', label: 'Host', content: <Kind why="An agent on a machine sees which packages are installed, which of them are loaded, and who listens." standard="host/name" blocks={(t) => [{ what: 'commands', text: hostLines(server(), t) }]} /> },
    { id: 'github', label: 'GitHub', content: <Kind why="Repositories, owners by CODEOWNERS, workflow runs, releases and dependency graphs: with one token of GitHub, which only reads." standard="" blocks={() => [{ what: 'commands', text: forgeLines(server(), 'github') }]} /> },
    { id: 'gitlab', label: 'GitLab', content: <Kind why="Repositories, owners by CODEOWNERS, pipelines and releases: with one token of GitLab, which only reads." standard="" blocks={() => [{ what: 'commands', text: forgeLines(server(), 'gitlab') }]} /> },
    { id: 'ci', label: 'Pipeline', content: <Kind why="Which commit and which build an image comes from: attestations and events close the chain from the commit to the door." standard="ci" blocks={(t) => [{ what: 'commands', text: ciLines(server(), t) }]} /> },
  ]
  return (
    <div className="mt-4 grid max-w-4xl grid-cols-[minmax(0,1fr)]">
      <PanelFrame id="more-sources" subject="More sources" title="Sources that go on by themselves" note="An estate that changes is seen best by what looks at it all the time.">
        <Tabs label="Kinds of sources" tabs={tabs} value={view.source} onChange={(source) => setView({ source })} />
      </PanelFrame>
    </div>
  )
}
