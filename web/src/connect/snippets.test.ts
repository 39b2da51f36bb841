import { describe, expect, it } from 'vitest'
import { ciLines, connectLines, forgeLines, hostLines, kubeLines, kubeManifest, manifestLines } from './agents'
import { commandLines, githubWorkflow, gitlabJob, sbomSnippets } from './snippets'

describe('agents and forges', () => {
  it('name this server, and keep secrets out of what is committed', () => {
    expect(connectLines('https://t.example', 'eu')).toContain('tidemark connect kube --server https://t.example --cluster eu')
    expect(manifestLines('https://t.example', 'eu')).toContain('--cluster eu --manifest')
    expect(kubeLines('https://t.example', 'tdm_x', 'eu')).toContain('--server https://t.example')
    expect(kubeManifest('https://t.example', 'eu')).not.toContain('tdm_')
    expect(forgeLines('https://t.example', 'gitlab')).toContain('connect gitlab')
    expect([hostLines('https://t.example', ''), ciLines('https://t.example', '')].every((x) => x.includes('tdm_…'))).toBe(true)
  })
})

describe('snippets', () => {
  const server = 'https://tidemark.example'
  it('fills in the server and the token where it is typed, and says where it goes', () => {
    expect(commandLines(server, 'tdm_secret')).toContain('export TIDEMARK_TOKEN=tdm_secret')
    expect(commandLines(server, '')).toContain('TIDEMARK_TOKEN=tdm_…')
  })
  it('never writes the secret into a file that is committed', () => {
    for (const s of sbomSnippets(server, 'tdm_secret').filter((x) => x.id !== 'cli')) expect(s.text).not.toContain('tdm_secret')
  })
  it('leaves the variables of the CI to the CI', () => {
    expect(githubWorkflow(server)).toContain('artifact=ghcr.io/${{ github.repository }}:${{ github.sha }}')
    expect(gitlabJob(server)).toContain('$CI_REGISTRY_IMAGE:$CI_COMMIT_SHA')
  })
})
