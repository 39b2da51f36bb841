import { useQueryClient } from '@tanstack/react-query'
import { useState } from 'react'
import { useView } from '@/state/view'
import { CodeBlock } from '@/ui/code-block'
import { Field } from '@/ui/field'
import { FileDrop } from '@/ui/file-drop'
import { Tabs } from '@/ui/tabs'
import { type ReceiptStatus, sendDeployments, sendSbom, sendScope } from './ask'
import { ReceiptNote } from './receipt'
import { deploymentLines, intelLines, sbomSnippets, scopeExample } from './snippets'
import { TokenMaker } from './token'

const server = () => location.origin

/** A bill of materials: by hand first, then by the pipeline. */
export function SbomStep() {
  const [view, setView] = useView({ by: 'hand' })
  const [secret, setSecret] = useState('')
  const tabs = [
    { id: 'hand', label: 'Paste or drop', content: <SbomDrop /> },
    ...sbomSnippets(server(), secret).map((s) => ({
      id: s.id, label: s.title,
      content: <div className="flex flex-col gap-4"><TokenMaker secret={secret} onSecret={setSecret} standard="ci" /><CodeBlock what={s.what} text={s.text} /></div>,
    })),
  ]
  return <Tabs label="How to send a bill of materials" tabs={tabs} value={view.by} onChange={(by) => setView({ by })} />
}

function SbomDrop() {
  const [artifact, setArtifact] = useState('')
  const [receipt, setReceipt] = useState<ReceiptStatus | null>(null)
  const client = useQueryClient()
  const send = async (text: string) => {
    setReceipt(await sendSbom(text, artifact.trim()))
    void client.invalidateQueries({ queryKey: ['first-run'] })
  }
  return (
    <div className="flex flex-col gap-3">
      <Field label="Artifact" value={artifact} onChange={(e) => setArtifact(e.target.value)} placeholder="registry.example/shop:1.2@sha256:…" hint="The image that it describes, where the document does not say so itself. With a digest it is proof." />
      <FileDrop what="CycloneDX or SPDX document" onText={send} />
      {receipt && <ReceiptNote key={receipt.id} first={receipt} />}
    </div>
  )
}

/** What runs where. */
export function DeploymentStep() {
  const [environment, setEnvironment] = useState('prod')
  const [source, setSource] = useState('git')
  const [receipt, setReceipt] = useState<ReceiptStatus | null>(null)
  const [secret, setSecret] = useState('')
  const client = useQueryClient()
  const send = async (text: string) => {
    setReceipt(await sendDeployments(text, { environment: environment.trim(), source: source.trim() }))
    void client.invalidateQueries({ queryKey: ['first-run'] })
  }
  return (
    <>
      <div className="grid gap-3 bar:grid-cols-2">
        <Field label="Environment" value={environment} onChange={(e) => setEnvironment(e.target.value)} />
        <Field label="Source" value={source} onChange={(e) => setSource(e.target.value)} hint="Who says so: git, a cluster, a person." />
      </div>
      <FileDrop what="set of manifests or records" onText={send} />
      {receipt && <ReceiptNote key={receipt.id} first={receipt} />}
      <details>
        <summary className="target w-fit text-sm font-medium">By the command line, again and again</summary>
        <div className="mt-3 flex flex-col gap-4"><TokenMaker secret={secret} onSecret={setSecret} standard="cluster" /><CodeBlock what="commands" text={deploymentLines(server(), secret)} /></div>
      </details>
    </>
  )
}

/** What the world knows. */
export function IntelStep() {
  return <CodeBlock what="commands" text={intelLines(server())} />
}

/** What matters, and who owns it. */
export function ScopeStep() {
  const [version, setVersion] = useState<number | null>(null)
  const client = useQueryClient()
  const send = async (text: string) => {
    setVersion((await sendScope(text)).version)
    void client.invalidateQueries()
  }
  return (
    <>
      <FileDrop what="scope (YAML)" accept=".yaml,.yml" onText={send} />
      {version !== null && <p role="status" className="text-sm font-medium">Version {version} of the scope is in force.</p>}
      <CodeBlock what="example" title="scope.yaml, to begin with" text={scopeExample} />
    </>
  )
}
