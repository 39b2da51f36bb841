/** How much of the whole this person may see. */
export interface Visible {
  products: number
  of: number
}

export function isLimited(v: Visible | undefined): v is Visible {
  return v !== undefined && v.products < v.of
}

/** "3 of 9 products visible": never a silent smaller number. */
export function visibleWords({ products, of }: Visible): string {
  if (of === 0) return 'no products named yet'
  return `${products} of ${of} product${of === 1 ? '' : 's'} visible`
}
