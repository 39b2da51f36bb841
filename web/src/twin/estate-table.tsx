import { paths } from '@/app/paths'
import { count } from '@/lib/format'
import { PlainTable } from '@/table/plain-table'
import { DecisionChip } from '@/ui/mark'
import { PageLink } from '@/ui/page-link'
import { StatNumber } from '@/ui/stat-number'
import { nameOf, worstBelow } from './estate'
import { FreshMark } from './marks'
import type { TreeNode } from './wire'

/** The same products as a table. */
export function EstateTable({ products }: { products: TreeNode[] }) {
  const to = (n: TreeNode, key: 'act' | 'schedule' | 'watch') => {
    const link = n.exposures?.[key]
    return link ? <StatNumber count={link.count} to={paths.exposures} search={{ q: link.query }} label={`${key} in ${nameOf(n)}`} /> : '–'
  }
  const columns = [
    { id: 'product', head: 'Product', cell: (n: TreeNode) => <><PageLink to={paths.twin} search={{ product: n.id || 'none' }} className="row-link">{nameOf(n)}</PageLink><span className="block text-xs font-normal text-faint">{n.owner || 'no owner'}</span></> },
    { id: 'worst', head: 'Most urgent', cell: (n: TreeNode) => <DecisionChip decision={worstBelow(n)} /> },
    { id: 'act', head: 'Act now', align: 'right' as const, cell: (n: TreeNode) => to(n, 'act') },
    { id: 'schedule', head: 'Schedule', align: 'right' as const, cell: (n: TreeNode) => to(n, 'schedule') },
    { id: 'watch', head: 'Watch', align: 'right' as const, cell: (n: TreeNode) => to(n, 'watch') },
    { id: 'services', head: 'Services', align: 'right' as const, cell: (n: TreeNode) => count(n.services) },
    { id: 'workloads', head: 'Workloads', align: 'right' as const, cell: (n: TreeNode) => count(n.workloads) },
    { id: 'blind', head: 'Of unknown contents', align: 'right' as const, cell: (n: TreeNode) => count(n.blind) },
    { id: 'fresh', head: 'Evidence', cell: (n: TreeNode) => <FreshMark value={n.freshness || 'none'} /> },
  ]
  return <PlainTable label="Products" testId="estate" columns={columns} rows={products} rowKey={(n) => n.id} />
}
