import type { ReactNode } from 'react'
import { paths } from '@/app/paths'
import { queryExamples, queryForms, vocabulary } from '@/connect/vocabulary'
import { keyTable } from '@/keys/table'
import { usePreferences } from '@/state/preferences'
import { Switch } from '@/ui/field'
import { Page } from '@/ui/page'
import { PageLink } from '@/ui/page-link'
import { PanelFrame } from '@/ui/panel-frame'

export function Help() {
  return (
    <Page page="Help" question="What do the words, the keys and the queries mean?">
      <div className="panels rail:grid-cols-2">
        <div className="panels content-start">
          <PanelFrame id="queries" subject="Queries" title="One language for the box, the address, the API and the command line" note="Terms stand beside each other and all must hold.">
            <h3 className="eyebrow mb-1">Forms</h3>
            <Pairs pairs={queryForms} left={(form) => <code className="text-xs">{form}</code>} />
            <h3 className="eyebrow mt-4 mb-1">Examples, each opens its list</h3>
            <Pairs pairs={queryExamples} left={(q) => <PageLink to={paths.exposures} search={{ q }} className="link target text-left"><code className="text-xs">{q}</code></PageLink>} />
          </PanelFrame>
          <Keys />
        </div>
        <PanelFrame id="words" subject="Words" title="What the words mean" className="self-start">
          <dl className="flex flex-col gap-2.5 text-sm">
            {vocabulary.map(([word, means]) => <div key={word}><dt className="font-medium">{word}</dt><dd className="text-dim">{means}</dd></div>)}
          </dl>
        </PanelFrame>
      </div>
    </Page>
  )
}

function Pairs({ pairs, left }: { pairs: [string, string][]; left: (text: string) => ReactNode }) {
  return (
    <dl className="grid grid-cols-[auto_minmax(0,1fr)] gap-x-5 gap-y-1 text-sm max-phone:grid-cols-1">
      {pairs.map(([text, means]) => <div key={text} className="contents"><dt className="leading-6">{left(text)}</dt><dd className="leading-6 text-dim">{means}</dd></div>)}
    </dl>
  )
}

function Keys() {
  const { preferences, set } = usePreferences()
  return (
    <PanelFrame id="keys" subject="Keys" title="Keyboard shortcuts" note="The key ? shows them on any page.">
      <div className="grid gap-x-8 gap-y-4 phone:grid-cols-2">
        {keyTable.map((group) => (
          <section key={group.title}>
            <h3 className="eyebrow mb-1">{group.title}</h3>
            <dl className="grid grid-cols-[6rem_1fr] gap-y-1 text-sm">
              {group.keys.map(([key, does]) => (
                <div key={key} className="contents">
                  <dt>{key.split('  ').map((k) => <kbd key={k} className="mr-1 rounded border border-edge bg-sunken px-1.5 py-0.5 text-xs">{k}</kbd>)}</dt>
                  <dd className="text-dim">{does}</dd>
                </div>
              ))}
            </dl>
          </section>
        ))}
        <div className="self-end"><Switch label="Letter keys" hint="Ctrl-K works either way." on={preferences.shortcuts} onChange={(shortcuts) => set({ shortcuts })} /></div>
      </div>
    </PanelFrame>
  )
}
