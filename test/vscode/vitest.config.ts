import { resolve } from 'node:path';
import { defineConfig } from 'vitest/config';

/** The extension in a real editor: slow, and only where an editor and a browser are installed. */
export default defineConfig({
  resolve: { alias: { 'switchyard/client': resolve('dist/client.js') } },
  test: {
    include: ['test/vscode/**/*.e2e.ts', 'client-vscode/test/**/*.test.ts'],
    globalSetup: ['test/vscode/prepare.ts'],
    pool: 'forks',
    maxWorkers: 1,
    testTimeout: 400_000,
    hookTimeout: 180_000,
    env: { NODE_EXTRA_CA_CERTS: '' },
  },
});
