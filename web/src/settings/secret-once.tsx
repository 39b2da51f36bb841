import { Button } from '@/ui/button'
import { CodeBlock } from '@/ui/code-block'
import { Dialog } from '@/ui/dialog'

interface Props {
  title: string
  /** What it is: "one-time code". */
  what: string
  secret: string
  onClose: () => void
  children?: React.ReactNode
}

/** A secret that is shown now and never again. */
export function SecretOnce({ title, what, secret, onClose, children }: Props) {
  return (
    <Dialog open onClose={onClose} title={title} description="It is shown now and never again. Copy it before you close this." footer={<Button kind="primary" onClick={onClose}>I have copied it</Button>} testId="secret">
      <CodeBlock text={secret} what={what} />
      {children && <div className="mt-3 text-sm text-dim">{children}</div>}
    </Dialog>
  )
}
