import { LoginPage } from '@/frame/login-page'

export function Login() {
  return <LoginPage onLogin={() => Promise.reject(new Error('There is no server yet.'))} />
}
