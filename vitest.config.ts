import { defineConfig } from 'vitest/config';

// Tests run from the TypeScript sources: the "writ-source" export condition leads from package to package without a build.
// (Not "source": other packages on npm publish under that name, and Node refuses TypeScript below node_modules.)
export default defineConfig({
  resolve: { conditions: ['writ-source'] },
  ssr: { resolve: { conditions: ['writ-source'], externalConditions: ['writ-source'] } },
  test: {
    include: ['packages/**/src/**/*.test.ts', 'examples/**/src/**/*.test.ts', 'tools/**/*.test.ts', 'e2e/**/*.test.ts'],
    globalSetup: ['packages/server/testing/postgres-setup.ts'],
    exclude: ['**/node_modules/**', '**/dist/**', 'e2e/interop/**'],
    // Limits are for what hangs: a busy machine takes its time, and how long something may take is measured (bench/), not tested.
    testTimeout: 180_000,
    hookTimeout: 240_000,
    expect: { poll: { timeout: 60_000 } },
    maxWorkers: 2,
  },
});
