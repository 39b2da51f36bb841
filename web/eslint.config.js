import js from '@eslint/js'
import a11y from 'eslint-plugin-jsx-a11y'
import hooks from 'eslint-plugin-react-hooks'
import ts from 'typescript-eslint'

export default ts.config(
  { ignores: ['dist', 'node_modules', 'src/api/schema.d.ts'] },
  { files: ['src/**/*.{ts,tsx}'], extends: [js.configs.recommended, ...ts.configs.recommended, a11y.flatConfigs.recommended], plugins: { 'react-hooks': hooks },
    rules: {
      'react-hooks/rules-of-hooks': 'error',
      'react-hooks/exhaustive-deps': 'error',
      // The house's limits: a function is read at one go, a file holds one idea.
      'max-lines': ['error', 300],
      'max-params': ['error', 4],
      'max-depth': ['error', 3],
      'no-undef': 'off',
      // The first field of a dialog has the focus when it opens.
      'jsx-a11y/no-autofocus': 'off',
      // What scrolls has to be reachable by keys, so it is focusable.
      'jsx-a11y/no-noninteractive-tabindex': 'off',
      // A dialog closes on a click beside it, a row opens on a click; their
      // keys are Escape of the browser and the shortcuts of the list.
      'jsx-a11y/no-noninteractive-element-interactions': 'off',
      'jsx-a11y/click-events-have-key-events': 'off',
    } },
  // The rows of a table test are its parameters.
  { files: ['src/**/*.test.{ts,tsx}'], rules: { 'max-params': 'off' } },
)
