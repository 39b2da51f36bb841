import { describe, expect, it, vi } from 'vitest'
import { isTyping, keyName, listener } from './shortcuts'

function press(key: string, init: KeyboardEventInit = {}): KeyboardEvent {
  return new KeyboardEvent('keydown', { key, bubbles: true, cancelable: true, ...init })
}

describe('keyName', () => {
  it.each([
    ['a letter', press('j'), 'j'],
    ['a shifted sign', press('?', { shiftKey: true }), '?'],
    ['shift with a named key', press('Enter', { shiftKey: true }), 'Shift+Enter'],
    ['ctrl', press('K', { ctrlKey: true }), 'Mod+k'],
    ['cmd', press('k', { metaKey: true }), 'Mod+k'],
  ])('%s', (_, event, want) => expect(keyName(event)).toBe(want))
})

describe('isTyping', () => {
  it('is true in text fields and not on a tick box', () => {
    const text = document.createElement('input')
    const tick = Object.assign(document.createElement('input'), { type: 'checkbox' })
    expect([isTyping(text), isTyping(tick), isTyping(document.createElement('textarea'))]).toEqual([true, false, true])
  })
})

describe('listener', () => {
  it('runs two keys one after the other, and forgets the first', () => {
    const go = vi.fn()
    const listen = listener(() => ({ 'g e': go }), true)
    for (const key of ['g', 'x', 'e', 'g', 'e']) listen(press(key))
    expect(go).toHaveBeenCalledTimes(1)
  })

  it('leaves letters alone when they are switched off, but not Ctrl-K', () => {
    const [letter, palette] = [vi.fn(), vi.fn()]
    const listen = listener(() => ({ j: letter, 'Mod+k': palette }), false)
    listen(press('j'))
    listen(press('k', { ctrlKey: true }))
    expect([letter.mock.calls.length, palette.mock.calls.length]).toEqual([0, 1])
  })

  it('does nothing while a field has the focus', () => {
    const run = vi.fn()
    const field = document.body.appendChild(document.createElement('input'))
    const listen = listener(() => ({ j: run }), true)
    field.addEventListener('keydown', listen)
    field.dispatchEvent(press('j'))
    field.remove()
    expect(run).not.toHaveBeenCalled()
  })
})
