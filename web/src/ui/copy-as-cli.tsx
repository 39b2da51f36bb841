import { cliLine, type CliQuestion } from '@/lib/cli'
import { CopyButton } from './copy-button'

/** The same question for the command line; it gives the same ids in the same order. */
export function CopyAsCli(props: CliQuestion) {
  return <CopyButton text={cliLine(props)} what="as CLI" words />
}
