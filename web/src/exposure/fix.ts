import { componentName, type Row } from '@/exposures/row'

export interface Fix {
  /** What is to be typed where the component is declared. */
  command: string
  title: string
}

interface Named {
  kind: string
  /** Name as its package manager takes it. */
  name: string
  /** Namespace of Maven. */
  group: string
}

function named(purl: string): Named {
  const [bare = ''] = purl.replace(/^pkg:/, '').split(/[?#]/)
  const [kind = '', ...rest] = bare.split('/')
  const path = rest.join('/')
  const at = path.lastIndexOf('@')
  const name = decodeURIComponent(at > 0 ? path.slice(0, at) : path)
  const slash = name.lastIndexOf('/')
  return { kind, name, group: slash > 0 ? name.slice(0, slash) : '' }
}

/** The commands of package managers; what is not here has none that fits everywhere. */
const commands: Record<string, (named: Named, version: string) => string> = {
  npm: ({ name }, v) => `npm install ${name}@${v}`,
  pypi: ({ name }, v) => `pip install '${name}>=${v}'`,
  golang: ({ name }, v) => `go get ${name}@${v.startsWith('v') ? v : `v${v}`} && go mod tidy`,
  maven: ({ name, group }, v) => `mvn versions:use-dep-version -Dincludes=${group}:${name.slice(group.length + 1)} -DdepVersion=${v}`,
  cargo: ({ name }, v) => `cargo update -p ${name} --precise ${v}`,
  gem: ({ name }) => `bundle update ${name} --conservative`,
  composer: ({ name }, v) => `composer require ${name}:^${v} --update-with-dependencies`,
  nuget: ({ name }, v) => `dotnet add package ${name} --version ${v}`,
  deb: ({ name }, v) => `apt-get install --only-upgrade ${name.split('/').at(-1) ?? name}=${v}`,
  apk: ({ name }, v) => `apk add --upgrade '${name.split('/').at(-1) ?? name}>=${v}'`,
  rpm: ({ name }, v) => `dnf upgrade ${name.split('/').at(-1) ?? name}-${v}`,
}

const harmless = /^[\w.+~:@/^-]+$/

/** The command that brings the fix; null where there is none, or where a name is not safe to paste. */
export function fixCommand(row: Pick<Row, 'component' | 'fix'>): string | null {
  if (!row.fix) return null
  let it: Named
  try {
    it = named(row.component)
  } catch {
    return null
  }
  const command = commands[it.kind]
  if (!command || !harmless.test(it.name) || !harmless.test(row.fix)) return null
  return command(it, row.fix)
}

interface ForText {
  row: Row
  sentence: string
  address: string
}

/** What goes into the pull request. */
export function pullRequestText({ row, sentence, address }: ForText): string {
  const name = componentName(row.component)
  const lines = [
    row.fix ? `Upgrade ${name} to ${row.fix} in ${row.service}` : `Remove or replace ${name} in ${row.service}`, '',
    sentence, '',
    `Weakness: ${[row.weakness, ...row.aliases].join(', ')}`,
    `Affected here: ${row.versions.join(', ') || 'version not known'} in ${row.service} (${row.environment})`,
  ]
  if (row.deadline) lines.push(`Due: ${row.deadline.slice(0, 10)}`)
  lines.push(`Evidence: ${address}`)
  return lines.join('\n') + '\n'
}
