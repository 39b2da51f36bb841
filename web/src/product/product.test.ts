import { describe, expect, it } from 'vitest'
import { bandWords, type ProductRow, tierWords, worstFirst } from './ask'

describe('products', () => {
  it('stand with the most exposed first', () => {
    const product = (name: string, act: number, score: number) => ({ product: name, act_now: { count: act, query: '' }, score }) as ProductRow
    expect(worstFirst([product('c', 1, 900), product('a', 1, 900), product('b', 4, 100)]).map((p) => p.product)).toEqual(['b', 'a', 'c'])
  })
  it.each([[850, 'Act now'], [849, 'Schedule'], [700, 'Schedule'], [500, 'Watch'], [499, 'No action']])('%d is %s', (score, word) => expect(bandWords(score)).toBe(word))
  it('says when no tier was said', () => expect([tierWords(0), tierWords(5)]).toEqual(['no tier said', 'tier 5, highest']))
})
