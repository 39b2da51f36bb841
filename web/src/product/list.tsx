import { paths } from '@/app/paths'
import { plural } from '@/lib/format'
import { PageLink } from '@/ui/page-link'
import { StatNumber } from '@/ui/stat-number'
import { type ProductRow, tierWords, worstFirst } from './ask'
import { Score, ScoreLine } from './score'

/** One card for each product, the most exposed first. */
export function ProductList({ products }: { products: ProductRow[] }) {
  return (
    <ul className="panels rail:grid-cols-2 wide:grid-cols-3" data-testid="products" data-rows={products.length}>
      {worstFirst(products).map((p) => <Card key={p.product} product={p} />)}
    </ul>
  )
}

function Card({ product: p }: { product: ProductRow }) {
  return (
    <li className="flex min-w-0 flex-col gap-3 rounded-xl border border-edge bg-surface p-4" data-testid="product" data-product={p.product}>
      <div className="flex items-start justify-between gap-3">
        <div className="min-w-0">
          <h2 className="text-base font-semibold"><PageLink to={paths.product(p.product)} className="row-link text-base font-semibold!"><span className="foreign">{p.title || p.product}</span></PageLink></h2>
          <p className="text-xs text-faint foreign">{[p.owner || 'no owner', tierWords(p.tier), plural(p.services.length, 'service')].join(' · ')}</p>
        </div>
        <Score score={p.score} />
      </div>
      <ScoreLine score={p.score} />
      <dl className="grid grid-cols-3 text-sm">
        <Figure name="Act now"><StatNumber count={p.act_now.count} to={paths.exposures} search={{ q: p.act_now.query }} label={`act now in ${p.product}`} size="large" className="justify-start!" /></Figure>
        <Figure name="Exposures"><StatNumber count={p.exposures.count} to={paths.exposures} search={{ q: p.exposures.query }} label={`exposures in ${p.product}`} size="large" className="justify-start!" /></Figure>
        <Figure name="Without owner"><StatNumber count={p.unowned} to={paths.exposures} search={{ q: `${p.exposures.query} owner:none`.trim() }} label={`without an owner in ${p.product}`} size="large" className="justify-start!" /></Figure>
      </dl>
      <p className="flex flex-wrap gap-1 text-xs text-dim">
        {p.data.map((d) => <span key={d} className="rounded border border-edge px-1.5 leading-5 foreign">{d}</span>)}
        {p.data.length === 0 && <span className="text-faint">no data class said</span>}
        <span className="ml-auto text-faint foreign">{p.environments.join(', ')}</span>
      </p>
    </li>
  )
}

function Figure({ name, children }: { name: string; children: React.ReactNode }) {
  return <div><dt className="text-xs text-faint">{name}</dt><dd>{children}</dd></div>
}
