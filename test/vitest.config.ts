import { defineConfig } from 'vitest/config';

export default defineConfig({
  test: {
    include: ['test/**/*.test.ts'],
    globalSetup: ['test/support/leftovers.ts'],
    pool: 'forks',
    maxWorkers: 2,
    // On a machine of two cores that also starts compilers and servers a real fault shows twice.
    retry: process.env.CI ? 2 : 0,
    testTimeout: 30_000,
    hookTimeout: 30_000,
    // A real proxy or certificate setting of the developer must not reach the servers under test.
    env: { NODE_EXTRA_CA_CERTS: '' },
  },
});
