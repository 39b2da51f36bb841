import { fileURLToPath } from 'node:url'
import tailwind from '@tailwindcss/vite'
import react from '@vitejs/plugin-react'
import { defineConfig } from 'vite'

/** Every component on one page, with made-up values. Never part of the build. */
export default defineConfig({
  root: fileURLToPath(new URL('.', import.meta.url)),
  plugins: [react(), tailwind()],
  resolve: { alias: { '@': fileURLToPath(new URL('../src', import.meta.url)) } },
  publicDir: fileURLToPath(new URL('../public', import.meta.url)),
  server: { port: 5199, strictPort: true, hmr: false },
  cacheDir: fileURLToPath(new URL('../node_modules/.vite-gallery', import.meta.url)),
})
