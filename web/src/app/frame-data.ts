import type { FrameProps } from '@/frame/frame'

type FrameData = Omit<FrameProps, 'children'>

const nothingYet: FrameData = {
  choices: { products: [], environments: [], owners: [] },
  standing: undefined,
  badges: {},
  search: () => Promise.resolve([]),
}

/**
 * What the frame shows: the choices of the scope, how fresh the picture is,
 * what needs this person. It is the one place that asks for it.
 */
export function useFrameData(): FrameData {
  return nothingYet
}
