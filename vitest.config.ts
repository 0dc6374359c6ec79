import { defineConfig } from 'vitest/config';

// Tests run from the TypeScript sources: the "source" export condition leads from package to package without a build.
export default defineConfig({
  resolve: { conditions: ['source'] },
  ssr: { resolve: { conditions: ['source'], externalConditions: ['source'] } },
  test: {
    include: ['packages/**/src/**/*.test.ts', 'examples/**/src/**/*.test.ts', 'tools/**/*.test.ts', 'e2e/**/*.test.ts'],
    globalSetup: ['packages/server/testing/postgres-setup.ts'],
    exclude: ['**/node_modules/**', '**/dist/**', 'e2e/interop/**'],
    testTimeout: 30_000,
    hookTimeout: 60_000,
    maxWorkers: 2,
  },
});
