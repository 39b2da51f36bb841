/** What the dialog behind "?" lists. The keys themselves live where they act. */
export interface KeyGroup {
  title: string
  keys: [string, string][]
}

export const keyTable: KeyGroup[] = [
  {
    title: 'Everywhere',
    keys: [
      ['Ctrl K', 'Search, go to a page, or paste an identifier'],
      ['/', 'Filter this page'],
      ['g o', 'Overview'],
      ['g e', 'Exposures'],
      ['g a', 'Are we affected?'],
      ['g t', 'Twin'],
      ['g p', 'Products'],
      ['g b', 'Actions'],
      ['g s', 'Sources'],
      ['g i', 'Intel'],
      ['t', 'Light, dark, or as the system'],
      ['?', 'This list'],
    ],
  },
  {
    title: 'In a list',
    keys: [
      ['j  k', 'Next, previous row'],
      ['Enter  o', 'Open beside the list'],
      ['Shift Enter', 'Open as a page'],
      ['x', 'Select'],
      ['Esc', 'Clear the selection, then close'],
    ],
  },
  {
    title: 'Decide',
    keys: [
      ['1', 'Act now'],
      ['2', 'Schedule'],
      ['3', 'Watch'],
      ['4', 'No action'],
      ['a', 'Assign an owner'],
      ['z', 'Undo the last decision'],
    ],
  },
]
