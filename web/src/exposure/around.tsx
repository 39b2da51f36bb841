import type { components } from '@/api/schema'
import { plural } from '@/lib/format'
import { PanelFrame } from '@/ui/panel-frame'
import { Time } from '@/ui/time'
import type { PageDoc } from './use-page'

type Attack = components['schemas']['AttackSeen']
type Use = components['schemas']['AttackUse']
type Supplier = components['schemas']['SupplierSays']
type Loaded = components['schemas']['Loaded']

/** What is known around the exposure: attacks seen here, how attackers use it, what suppliers say. */
export function Around({ doc }: { doc: PageDoc }) {
  const e = doc.exposure
  return (
    <>
      {e.loaded.source !== '' && <IsLoaded loaded={e.loaded} instances={e.instances} />}
      {e.attacks.length > 0 && <Attacks list={e.attacks} />}
      {e.used_as.length > 0 && <UsedAs list={e.used_as} />}
      {e.suppliers.length > 0 && <Suppliers list={e.suppliers} />}
    </>
  )
}

const loadedWords: Record<string, string> = { loaded: 'It is loaded', 'not-seen': 'It was not seen loaded', unknown: 'Whether it is loaded is unknown' }

/** What the agents that watch say: the words are theirs, the window is stated. */
function IsLoaded({ loaded, instances }: { loaded: Loaded; instances: components['schemas']['Instance'][] }) {
  const sheet = {
    head: ['Component', 'Version', 'Artifact', 'Loaded', 'Reason', 'Source', 'From', 'To'],
    rows: instances.map((i) => [i.component, i.version, i.artifact, i.loaded.answer, i.loaded.reason, i.loaded.source, i.loaded.from ?? '', i.loaded.to ?? '']),
  }
  return (
    <PanelFrame id="loaded" subject="At run time" title={loadedWords[loaded.answer] ?? loaded.answer} note="Shown only: no decision rests on it yet." sheet={sheet}>
      <p className="text-sm foreign" data-testid="loaded" data-answer={loaded.answer}>{loaded.reason}</p>
      <p className="text-xs text-faint foreign">
        {loaded.source}{loaded.from && loaded.to && <> · watched from <Time at={loaded.from} /> to <Time at={loaded.to} /></>}
      </p>
    </PanelFrame>
  )
}

function Attacks({ list }: { list: Attack[] }) {
  const here = list.filter((a) => a.on_weakness).length
  const title = here > 0 ? 'This weakness was attacked here' : 'Something was seen on the workload'
  const sheet = {
    head: ['Last', 'First', 'Tool', 'Source', 'Rule', 'Severity', 'Names the weakness', 'Techniques', 'Container', 'Process', 'Counts until'],
    rows: list.map((a) => [a.last_at, a.first_at, a.tool, a.source, a.rule, a.severity, a.on_weakness ? 'yes' : 'no', a.techniques.join(' '), a.container, a.process, a.counts_until]),
  }
  return (
    <PanelFrame id="attacks" subject="Attacks seen here" title={title} sheet={sheet}
      note={here > 0 ? 'A rule that names the weakness counts as known to be exploited, for 30 days.' : 'No rule names the weakness: it is shown, and decides nothing.'}>
      <ul className="flex flex-col text-sm">
        {list.map((a, i) => (
          <li key={i} className="border-b border-hairline py-2 first:pt-0 last:border-0 last:pb-0" data-testid="attack" data-weakness={a.on_weakness}>
            <p className="foreign"><b className="font-medium">{a.rule}</b>{a.process && <span className="text-dim"> · {a.process}</span>}{a.container && <span className="text-dim"> in {a.container}</span>}</p>
            <p className="text-xs text-faint foreign">{a.tool} of {a.source}{a.severity && `, ${a.severity}`}{a.techniques.length > 0 && ` · ${a.techniques.join(', ')}`} · last <Time at={a.last_at} />, counts until <Time at={a.counts_until} /></p>
          </li>
        ))}
      </ul>
    </PanelFrame>
  )
}

const roles: Record<string, string> = {
  exploitation: 'used by attackers as', impact: 'gains at once', 'secondary impact': 'makes possible', uncategorized: 'mapped to', group: 'seen used by',
}

function UsedAs({ list }: { list: Use[] }) {
  const sheet = { head: ['Weakness', 'Role', 'Technique', 'Name', 'Group', 'Source', 'Date'], rows: list.map((u) => [u.weakness, u.role, u.technique, u.title, u.group_name ?? '', u.source, u.date ?? '']) }
  return (
    <PanelFrame id="used-as" subject="MITRE ATT&CK" title={`${plural(new Set(list.map((u) => u.technique)).size, 'technique')}`} note="Shown only: no decision rests on it." sheet={sheet}>
      <ul className="flex flex-col text-sm">
        {list.map((u, i) => (
          <li key={i} className="border-b border-hairline py-1.5 last:border-0" data-testid="used-as" data-role={u.role}>
            <p className="foreign">{u.role === 'group' ? `${u.group_name ?? ''} (${u.group ?? ''}) attacked it with ` : `${roles[u.role] ?? u.role} `}<b className="font-medium">{u.technique} {u.title}</b></p>
            <p className="text-xs text-faint foreign">{u.weakness} · {u.source}{u.date && <> · <Time at={u.date} /></>}</p>
          </li>
        ))}
      </ul>
    </PanelFrame>
  )
}

function Suppliers({ list }: { list: Supplier[] }) {
  const sheet = { head: ['Status', 'Product', 'Weakness', 'Reason', 'Publisher', 'Document', 'Date', 'Address'], rows: list.map((s) => [s.status, s.product, s.weakness, s.reason, s.publisher, s.document, s.date ?? '', s.address]) }
  return (
    <PanelFrame id="suppliers" subject="Suppliers (CSAF)" title={plural(list.length, 'statement')} note="Their signature is not checked: they are shown, and decide nothing." sheet={sheet}>
      <ul className="flex flex-col text-sm">
        {list.map((s, i) => (
          <li key={i} className="border-b border-hairline py-1.5 last:border-0" data-testid="supplier" data-status={s.status}>
            <p className="foreign"><b className="font-medium">{s.status}</b> <code className="text-xs">{s.product}</code>{s.reason && <span className="text-dim"> · {s.reason}</span>}</p>
            <p className="text-xs text-faint foreign">{s.weakness} · {s.document} of {s.publisher}{s.date && <> · <Time at={s.date} /></>}</p>
          </li>
        ))}
      </ul>
    </PanelFrame>
  )
}
