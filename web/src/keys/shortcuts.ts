import { useEffect, useRef } from 'react'
import { usePreferences } from '@/state/preferences'

/**
 * Keys of a page. A name is a key as the browser calls it, with its modifiers
 * in front ("Mod+k", "Shift+Enter"), or two keys one after the other ("g e").
 * Mod is Ctrl, and Cmd on a Mac.
 */
export type Shortcuts = Record<string, (event: KeyboardEvent) => void>

const patience = 1200

export function keyName(event: KeyboardEvent): string {
  const mod = event.ctrlKey || event.metaKey ? 'Mod+' : ''
  const alt = event.altKey ? 'Alt+' : ''
  const letter = event.key.length === 1
  const key = letter && mod ? event.key.toLowerCase() : event.key
  // A shifted letter or sign is a key of its own ("?"); a shifted Enter is not.
  const shift = event.shiftKey && !letter ? 'Shift+' : ''
  return mod + alt + shift + key
}

/** Whether what is typed belongs to a field. */
export function isTyping(target: EventTarget | null): boolean {
  if (!(target instanceof HTMLElement)) return false
  if (target.isContentEditable || target.matches('textarea, select')) return true
  return target.matches('input:not([type=checkbox]):not([type=radio]):not([type=button])')
}

function isModified(name: string): boolean {
  return name.startsWith('Mod+')
}

/** Whether another part of the page owns the keys just now: a dialog, a menu, a button's Enter. */
function isTaken(event: KeyboardEvent): boolean {
  if (document.querySelector('dialog[open]')) return true
  const target = event.target
  if (!(target instanceof HTMLElement)) return false
  if (target.closest('[role=menu], [role=listbox], [role=dialog]')) return true
  const presses = event.key === 'Enter' || event.key === ' '
  return presses && target.matches('a, button, summary, input, [role=button]')
}

interface Options {
  /** Keys with Ctrl or Cmd work even when the letter keys are switched off. */
  enabled?: boolean
}

export function useShortcuts(shortcuts: Shortcuts, { enabled = true }: Options = {}): void {
  const letters = usePreferences().preferences.shortcuts
  const latest = useRef(shortcuts)
  useEffect(() => {
    latest.current = shortcuts
  })
  useEffect(() => {
    if (!enabled) return
    const listen = listener(() => latest.current, letters)
    document.addEventListener('keydown', listen)
    return () => document.removeEventListener('keydown', listen)
  }, [enabled, letters])
}

/** One listener with its memory of the first of two keys. */
export function listener(shortcuts: () => Shortcuts, letters: boolean): (event: KeyboardEvent) => void {
  let first = ''
  let since = 0
  return (event) => {
    if (event.defaultPrevented || event.isComposing) return
    const name = keyName(event)
    // What is switched off are letters and signs; arrows, Enter and Escape belong to the list.
    if (!letters && event.key.length === 1 && !isModified(name)) return
    if (!isModified(name) && (isTyping(event.target) || isTaken(event))) return
    const pair = event.timeStamp - since < patience ? `${first} ${name}` : ''
    first = name
    since = event.timeStamp
    const run = shortcuts()[pair] ?? shortcuts()[name]
    if (!run) return
    event.preventDefault()
    first = ''
    run(event)
  }
}
