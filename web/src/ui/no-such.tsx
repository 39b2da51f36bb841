import { buttonLook } from './button'
import { Page } from './page'
import { PageLink } from './page-link'

interface Props {
  page: string
  id: string
  /** "exposure" */
  what: string
  /** Where the others are. */
  to: string
  toWords: string
}

/** Of an id that nothing has, or that this person may not see. Asking again would not help. */
export function NoSuch({ page, id, what, to, toWords }: Props) {
  return (
    <Page page={page} object={id} question={`There is no such ${what}, or you may not see it.`}>
      <p className="text-sm text-dim" data-testid="no-such" data-state="error">Check that the address was copied whole.</p>
      <p className="mt-4"><PageLink to={to} className={buttonLook()}>{toWords}</PageLink></p>
    </Page>
  )
}
