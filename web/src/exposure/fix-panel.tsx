import { paths } from '@/app/paths'
import { componentName } from '@/exposures/row'
import { CodeBlock } from '@/ui/code-block'
import { CopyButton } from '@/ui/copy-button'
import { PanelFrame } from '@/ui/panel-frame'
import { StatNumber } from '@/ui/stat-number'
import { fixCommand, pullRequestText } from './fix'
import type { PageDoc } from './use-page'

/** What closes it: the smallest version, and the words to bring it about. */
export function FixPanel({ doc }: { doc: PageDoc }) {
  const e = doc.exposure
  const name = componentName(e.component)
  const command = fixCommand(e)
  const text = pullRequestText({ row: e, sentence: doc.explanation.sentence, address: `${location.origin}${paths.exposure(e.id)}` })
  const malicious = e.kind === 'malicious'
  const title = e.fix ? `${name} to ${e.fix}` : malicious ? `Remove ${name}` : 'No fix is known'
  const note = e.fix ? 'The smallest version that clears the weakness everywhere here.' : malicious ? 'The package itself is the attack.' : 'Take it out, replace it, or put something in front of it. It shows here when one is released.'
  return (
    <PanelFrame id="fix" subject="The fix" title={title} note={note}>
      <div className="flex flex-col gap-3">
        {command && <CodeBlock what="command" text={command} />}
        <div className="flex flex-wrap items-center gap-2"><CopyButton words what="text for a pull request" text={text} /></div>
        <p className="text-sm text-dim">
          <StatNumber count={doc.siblings.count} to={paths.exposures} search={{ q: doc.siblings.query }} label="exposures of this component in this service" className="-ml-2" />{doc.siblings.count === 1 ? ' exposure' : ' exposures'} of {name} in {e.service}: the upgrade closes those that it covers. Closed is what evidence shows to be gone.
        </p>
      </div>
    </PanelFrame>
  )
}
