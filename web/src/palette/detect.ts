import { paths } from '@/app/paths'

/** The page that a pasted identifier is about. */
export interface Detected {
  title: string
  to: string
  search?: Record<string, string>
}

const advisory = /^(CVE-\d{4}-\d{4,}|GHSA(-[23456789cfghjmpqrvwx]{4}){3}|(?:GO|PYSEC|RUSTSEC|MAL|OSV|DSA|DLA|USN|ALAS|RHSA|BIT|ELA|CURL|GSD|HSEC|OSEC|RLSA|ASB-A|DEBIAN|UBUNTU|ALPINE)-[\w.:-]+)$/i
const purl = /^pkg:[a-z][\w.+-]*\/\S+$/i
const digest = /^(?:\S+@)?((?:sha256|sha512):[0-9a-f]{32,128})$/i
const bareDigest = /^[0-9a-f]{64}$/i
const own = /^(EXP|ACT)-[\w]+$/i
const named = /^[@\w][\w./@-]*@(?:[<>=^~ ]*\d)[\w.+~<>=, -]*$/

/** Knows what was pasted. Null when it is only a word. */
export function detect(text: string): Detected | null {
  const t = text.trim()
  if (own.test(t)) {
    const id = t.toUpperCase().slice(0, 4) + t.slice(4)
    return { title: `Open ${id}`, to: id.startsWith('EXP') ? paths.exposure(id) : paths.action(id) }
  }
  if (advisory.test(t)) {
    const id = /^cve/i.test(t) ? t.toUpperCase() : /^ghsa/i.test(t) ? `GHSA${t.slice(4).toLowerCase()}` : t
    return { title: `Are we affected by ${id}?`, to: paths.affected(id) }
  }
  if (purl.test(t)) return { title: `Are we affected by ${t}?`, to: paths.affected(t) }
  const image = digest.exec(t)?.[1] ?? (bareDigest.test(t) ? `sha256:${t}` : undefined)
  if (image) return { title: `Where does ${image.slice(0, 19)}… run?`, to: paths.affected(), search: { digest: image.toLowerCase() } }
  if (named.test(t)) return { title: `Are we affected by ${t}?`, to: paths.affected(t) }
  return null
}
