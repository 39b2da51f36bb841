/** The addresses of the pages. An id from outside goes through here, never by hand. */
function part(text: string): string {
  return encodeURIComponent(text).replaceAll('%3A', ':').replaceAll('%40', '@')
}

export const paths = {
  overview: '/overview',
  exposures: '/exposures',
  exposure: (id: string) => `/exposures/${part(id)}`,
  affected: (id = '') => (id === '' ? '/affected' : `/affected/${id.split('/').map(part).join('/')}`),
  twin: '/twin',
  service: (name: string) => `/twin/service/${part(name)}`,
  /** Of anything in the twin; where it is goes into the search, see thingSearch. */
  thing: (kind: string, id: string) => `/twin/${part(kind)}/${part(id)}`,
  flows: '/twin/flows',
  diff: '/twin/diff',
  coverage: '/coverage',
  products: '/products',
  product: (id: string) => `/products/${part(id)}`,
  actions: '/actions',
  action: (id: string) => `/actions/${part(id)}`,
  sources: '/sources',
  source: (name: string) => `/sources/${part(name)}`,
  connect: '/connect',
  intel: '/intel',
  weakness: (id: string) => `/intel/${part(id)}`,
  audit: '/audit',
  settings: (section = 'appearance') => `/settings/${part(section)}`,
  help: '/help',
  login: '/login',
}
