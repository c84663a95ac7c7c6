import { defineConfig } from 'vitest/config'

// Tests run the TypeScript sources of every package, with no build step.
const conditions = ['@signpost/source']
const ssr = { resolve: { conditions, externalConditions: conditions } }

// Whole Debian systems are made for it, which takes minutes: with `pnpm test:system` only.
const machines = process.env['SIGNPOST_TEST_MACHINES'] === undefined ? [] : ['system']
const folders = ['e2e', 'scenarios', 'interop', 'conformance', ...machines]

export default defineConfig({
  ssr,
  test: {
    reporters: process.env['CI']
      ? ['default', ['json', { outputFile: 'node_modules/.cache/test-results.json' }]]
      : ['default'],
    projects: [
      {
        ssr,
        test: {
          name: 'unit',
          include: ['packages/*/src/**/*.test.ts', 'test/{house,vectors}/**/*.test.ts'],
          // Properties with a thousand runs take seconds on a busy machine; what hangs ends all the same.
          testTimeout: 30_000,
        },
      },
      {
        ssr,
        test: {
          name: 'e2e',
          include: [`test/{${folders.join(',')}}/**/*.test.ts`],
          testTimeout: 120_000,
          hookTimeout: 120_000,
          fileParallelism: false,
        },
      },
    ],
  },
})
