import { useQuery } from '@tanstack/react-query'
import { useState } from 'react'
import { answer, api } from '@/api/client'
import { asApiError } from '@/api/problem'
import { Button } from '@/ui/button'
import { Dialog } from '@/ui/dialog'
import { Field } from '@/ui/field'
import { Select } from '@/ui/select'
import { emptyUser, listOf, type Role, roleMeans, roles, type User, userFault, type UserForm, userRequest } from './model'

interface Props {
  /** To be changed; without it a new one is made. */
  user?: User
  onClose: () => void
  onDone: (user: User & { code?: string }) => void
}

function formOf(user: User | undefined): UserForm {
  if (!user) return emptyUser
  return { name: user.name, role: user.role as Role, team: user.team, products: user.products.join(', ') }
}

export function UserDialog({ user, onClose, onDone }: Props) {
  const [form, setForm] = useState(() => formOf(user))
  const [fault, setFault] = useState({ field: '', text: '' })
  const products = useQuery({ queryKey: ['products', 'names'], queryFn: async ({ signal }) => answer(await api.GET('/api/v1/products', { params: { query: { limit: 200 } }, signal })).items.map((p) => p.product) })
  const put = (key: keyof UserForm) => (value: string) => setForm({ ...form, [key]: value })
  const send = async () => {
    const wrong = userFault(form)
    setFault(wrong)
    if (wrong.field !== '') return
    try {
      onDone(user ? await change(user.name, form) : answer(await api.POST('/api/v1/users', { body: userRequest(form) })))
    } catch (error) {
      setFault({ field: 'all', text: asApiError(error).message })
    }
  }
  const footer = <><Button onClick={onClose}>Cancel</Button><Button kind="primary" onClick={() => void send()}>{user ? 'Change' : 'Create and show the code'}</Button></>
  const known = products.data ?? []
  return (
    <Dialog open onClose={onClose} title={user ? `Change ${user.name}` : 'Let somebody in'} description={user ? 'Their sessions end; they sign in again with the new rights.' : 'They get a code that signs in once, and set a password of their own.'} footer={footer} testId="user-dialog">
      <form className="flex flex-col gap-3" onSubmit={(e) => { e.preventDefault(); void send() }}>
        {!user && <Field label="Name" value={form.name} onChange={(e) => put('name')(e.target.value)} maxLength={64} autoComplete="off" {...(fault.field === 'name' ? { fault: fault.text } : {})} />}
        <Select label="Role" showLabel value={form.role} onChange={put('role')} choices={roles.map((r) => ({ value: r, label: `${r}: ${roleMeans[r]}` }))} />
        {form.role === 'owner' && <Field label="Team" value={form.team} onChange={(e) => put('team')(e.target.value)} maxLength={200} hint="As the scope names it: the owner of the services." {...(fault.field === 'team' ? { fault: fault.text } : {})} />}
        <Field label="Products" value={form.products} onChange={(e) => put('products')(e.target.value)} hint={`With commas between; empty is all.${known.length > 0 ? ` There are: ${known.slice(0, 12).join(', ')}${known.length > 12 ? ', …' : ''}.` : ''}`} />
        {fault.field === 'all' && <p role="alert" className="text-sm font-medium text-more foreign">{fault.text}</p>}
        <button type="submit" className="hidden" aria-hidden="true" tabIndex={-1} />
      </form>
    </Dialog>
  )
}

async function change(name: string, form: UserForm): Promise<User> {
  const products = listOf(form.products)
  return answer(await api.PATCH('/api/v1/users/{name}', { params: { path: { name } }, body: { role: form.role, team: form.team.trim(), ...(products.length > 0 ? { products } : { all_products: true }) } }))
}
