/** Lines to take away. The secret itself never stands in a file: it goes into the store of the CI. */
export interface Snippet {
  id: string
  title: string
  what: string
  text: string
}

const image = 'registry.example/shop@sha256:…'

export function commandLines(server: string, token: string): string {
  return [
    `export TIDEMARK_SERVER=${server}`,
    `export TIDEMARK_TOKEN=${token || 'tdm_…'}`,
    `tidemark ingest sbom shop.cdx.json --artifact ${image}`,
  ].join('\n')
}

export function githubWorkflow(server: string): string {
  return `# .github/workflows/tidemark.yml
# Repository secret TIDEMARK_TOKEN: the token above.
name: tidemark
on:
  push:
    branches: [main]
jobs:
  sbom:
    runs-on: ubuntu-latest
    permissions:
      contents: read
    steps:
      - uses: actions/checkout@v4
      - name: Make the bill of materials
        uses: anchore/sbom-action@v0
        with:
          output-file: sbom.cdx.json
          format: cyclonedx-json
          upload-artifact: false
      - name: Send it
        env:
          TIDEMARK_TOKEN: \${{ secrets.TIDEMARK_TOKEN }}
        run: |
          curl --fail-with-body --retry 3 -X POST \\
            -H "Authorization: Bearer $TIDEMARK_TOKEN" \\
            -H "Content-Type: application/octet-stream" \\
            --data-binary @sbom.cdx.json \\
            "${server}/api/v1/evidence/sboms?artifact=${placeholderOf('github')}"
`
}

export function gitlabJob(server: string): string {
  return `# .gitlab-ci.yml
# CI/CD variable TIDEMARK_TOKEN, masked: the token above.
tidemark:
  stage: deploy
  image: alpine:3
  before_script:
    - apk add --no-cache curl
  script:
    # sbom.cdx.json: the artifact of the job that makes it
    - |
      curl --fail-with-body --retry 3 -X POST \\
        -H "Authorization: Bearer $TIDEMARK_TOKEN" \\
        -H "Content-Type: application/octet-stream" \\
        --data-binary @sbom.cdx.json \\
        "${server}/api/v1/evidence/sboms?artifact=${placeholderOf('gitlab')}"
`
}

function placeholderOf(ci: 'github' | 'gitlab'): string {
  return ci === 'github' ? 'ghcr.io/${{ github.repository }}:${{ github.sha }}' : '$CI_REGISTRY_IMAGE:$CI_COMMIT_SHA'
}

export function sbomSnippets(server: string, token: string): Snippet[] {
  return [
    { id: 'cli', title: 'Command line', what: 'commands', text: commandLines(server, token) },
    { id: 'github', title: 'GitHub Actions', what: 'workflow file', text: githubWorkflow(server) },
    { id: 'gitlab', title: 'GitLab CI', what: 'job', text: gitlabJob(server) },
  ]
}

export function deploymentLines(server: string, token: string): string {
  return [
    `export TIDEMARK_SERVER=${server}`,
    `export TIDEMARK_TOKEN=${token || 'tdm_…'}`,
    '# what shall run: manifests, as they are written',
    'tidemark ingest deploy manifests/ --environment prod --source git',
    '# what runs: records, sent again each hour',
    'tidemark ingest deploy running.json --environment prod --source cluster --every 1h',
  ].join('\n')
}

export function intelLines(server: string): string {
  return [`tidemark login --server ${server}`, `tidemark intel update --server ${server}`, '# without a way to the internet: from a folder', `tidemark intel update --from dumps/ --server ${server}`].join('\n')
}

export const scopeExample = `schema: tidemark.scope/v1
owners:
  - name: team-shop
products:
  - name: shop
    title: Web shop
    tier: 5
    owner: team-shop
    data: [personal]
    services: [checkout, catalogue]
environments:
  - name: prod
    kind: production
`
