import { CopyButton } from './copy-button'

interface Props {
  text: string
  /** What it is: "command", "workflow file". */
  what: string
  title?: string
}

/** Lines to take away. They wrap nowhere and scroll within their own box. */
export function CodeBlock({ text, what, title }: Props) {
  return (
    <figure className="overflow-hidden rounded-lg border border-edge bg-sunken">
      <figcaption className="flex items-center justify-between border-b border-hairline py-0.5 pl-3 pr-1 text-xs text-faint">
        <span>{title ?? what}</span>
        <CopyButton text={text} what={what} />
      </figcaption>
      <pre tabIndex={0} aria-label={title ?? what} className="overflow-x-auto px-3 py-2.5 text-xs leading-relaxed">
        <code>{text}</code>
      </pre>
    </figure>
  )
}
