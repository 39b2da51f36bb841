import { describe, expect, it } from 'vitest'
import type { Row } from '@/exposures/row'
import { fixCommand, pullRequestText } from './fix'

describe('fixCommand', () => {
  it.each([
    ['pkg:npm/%40angular/core@12.0.0', '12.0.1', 'npm install @angular/core@12.0.1'],
    ['pkg:maven/org.apache.logging.log4j/log4j-core@2.14.1', '2.17.1', 'mvn versions:use-dep-version -Dincludes=org.apache.logging.log4j:log4j-core -DdepVersion=2.17.1'],
    ['pkg:golang/golang.org/x/net@v0.1.0', '0.2.0', 'go get golang.org/x/net@v0.2.0 && go mod tidy'],
    ['pkg:deb/debian/openssl@1?arch=amd64', '3.0.2-1', 'apt-get install --only-upgrade openssl=3.0.2-1'],
    ['pkg:generic/thing@1', '2', null],
    ['pkg:npm/a;rm%20-rf@1', '2', null],
    ['pkg:npm/a@1', '$(id)', null],
  ])('%s', (component, fix, want) => expect(fixCommand({ component, fix })).toBe(want))
  it('has none without a fix', () => expect(fixCommand({ component: 'pkg:npm/a@1', fix: null })).toBeNull())
})

describe('pullRequestText', () => {
  it('begins with what to do', () => {
    const row = { component: 'pkg:npm/a@1', fix: '2', service: 'shop', environment: 'prod', weakness: 'CVE-1', aliases: [], versions: ['1'], deadline: '2026-11-22T00:00:00Z' } as unknown as Row
    expect(pullRequestText({ row, sentence: 'Act now: …', address: 'https://t/e' }).split('\n')[0]).toBe('Upgrade a to 2 in shop')
  })
})
