// Every page of the interface, with something to show on it.

/** The addresses of all pages, for what there is on this server. */
export async function allPages(stage) {
  const first = async (path) => (await stage.get(path)).items?.[0]
  const [exposure, action, product, service, source, workload, artifact] = await Promise.all([
    first('/api/v1/exposures?limit=1'), first('/api/v1/actions?limit=1'), first('/api/v1/products?limit=1'), first('/api/v1/services?limit=1'), first('/api/v1/sources?limit=1'), first('/api/v1/workloads?limit=1'), first('/api/v1/artifacts?limit=1'),
  ])
  const part = encodeURIComponent
  const list = [
    ['Overview', '/overview'],
    ['Exposures', '/exposures'],
    exposure && ['Exposure', `/exposures/${part(exposure.id)}`],
    ['Affected', '/affected'],
    exposure && ['Affected by', `/affected/${part(exposure.weakness)}`],
    ['Twin', '/twin'],
    workload && ['Workload', `/twin/Workload/${part(workload.service)}?in=${part(workload.environment)}`],
    artifact && ['Artifact', `/twin/Artifact/${part(artifact.id)}`],
    ['Flows', '/twin/flows'],
    ['What changed', '/twin/diff'],
    ['Coverage', '/coverage'],
    service && ['Service', `/twin/service/${part(service.service ?? service.name)}`],
    ['Products', '/products'],
    product && ['Product', `/products/${part(product.id ?? product.product ?? product.name)}`],
    ['Actions', '/actions'],
    action && ['Action', `/actions/${part(action.id)}`],
    ['Sources', '/sources'],
    source && ['Source', `/sources/${part(source.source)}`],
    ['Intel', '/intel'],
    exposure && ['Weakness', `/intel/${part(exposure.weakness)}`],
    ['Audit', '/audit'],
    ['Users', '/settings/users'],
    ['Tokens', '/settings/tokens'],
    ['Appearance', '/settings/appearance'],
    ['Connect', '/connect'],
    ['Help', '/help'],
  ]
  return list.filter(Boolean).map(([name, path]) => ({ name, path }))
}
