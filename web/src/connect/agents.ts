/** Lines for what sees more than a person can send. A secret goes into a file or a variable, never into what is committed. */

export function connectLines(server: string, cluster: string): string {
  return [`tidemark login --server ${server}`, `tidemark connect kube --server ${server} --cluster ${cluster}`].join('\n')
}

export function manifestLines(server: string, cluster: string): string {
  return `tidemark connect kube --server ${server} --cluster ${cluster} --manifest --image registry.example/tidemark-agent | kubectl apply -f -`
}

export function kubeLines(server: string, token: string, cluster: string): string {
  return [
    `printf %s '${token || 'tdm_…'}' > token`,
    'kubectl create namespace tidemark-agent',
    'kubectl -n tidemark-agent create secret generic tidemark-token --from-file=token',
    'helm install tidemark-agent deploy/charts/tidemark-agent -n tidemark-agent -f values.yaml',
    '# or without the cluster knowing of it, from where a kubeconfig is',
    `tidemark-agent kube --server ${server} --token-file token --kubeconfig ~/.kube/config --cluster ${cluster}`,
  ].join('\n')
}

export function kubeManifest(server: string, cluster: string): string {
  return `# values.yaml
server: ${server}
cluster: ${cluster}              # the token is that of the source kube/${cluster}
existingSecret: tidemark-token
image:
  repository: registry.example/tidemark-agent
`
}

export function hostLines(server: string, token: string): string {
  return [
    '# one look, and nothing stays',
    `printf %s '${token || 'tdm_…'}' > token`,
    `tidemark-agent host --once --server ${server} --token-file token`,
    '# to stay: deploy/host/tidemark-agent-host.service (docs/host-agent.md)',
    `tidemark-agent host --server ${server} --token-file /etc/tidemark-agent/token`,
  ].join('\n')
}

export function forgeLines(server: string, forge: 'github' | 'gitlab'): string {
  const github = forge === 'github'
  return [
    `tidemark login --server ${server}`,
    `# ${github ? 'GITHUB_TOKEN' : 'the file'}: a token of ${github ? 'GitHub' : 'GitLab'} that may read`,
    github ? `tidemark connect github --org shop --server ${server}` : `tidemark connect gitlab --token-file token --group shop --server ${server}`,
    '# from a machine that does not reach this server',
    `tidemark connect ${forge} ${github ? '--org' : '--token-file token --group'} shop --once --report forge.json`,
    `tidemark ingest forge forge.json --server ${server}`,
  ].join('\n')
}

export function ciLines(server: string, token: string): string {
  return [
    `export TIDEMARK_SERVER=${server}`,
    `export TIDEMARK_TOKEN=${token || 'tdm_…'}`,
    '# provenance, signed or not: what cannot be verified says so',
    'tidemark ingest attestation provenance.intoto.jsonl',
    '# runs, jobs and commits, as the CI tells them',
    'tidemark ingest ci event.json',
  ].join('\n')
}
