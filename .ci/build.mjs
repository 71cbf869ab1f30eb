// Builds dist: the command line program (a lean entry and the chunks it loads), the library entries and their types.
import { execFileSync } from 'node:child_process';
import { chmodSync, copyFileSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { build } from 'esbuild';

const root = join(dirname(fileURLToPath(import.meta.url)), '..');
process.chdir(root);
rmSync('dist', { recursive: true, force: true });

// Programs, native code and data files: found in node_modules at run time. The rest goes into the bundle.
const external = ['node-pty', '@vscode/ripgrep', 'web-tree-sitter', 'tree-sitter-bash', 'undici', 'libsql', '@parcel/watcher'];

// Commands that the entry loads on demand, each a file of its own.
const chunks = { serve: 'server', generate: 'generate', doctor: 'doctor', demo: 'demo' };
const loadedAsChunk = {
  name: 'loaded-as-chunk',
  setup(plugin) {
    plugin.onResolve({ filter: /^\.\/(serve|generate|doctor|demo)\.ts$/ }, ({ path, kind }) =>
      kind === 'dynamic-import' ? { path: `./${chunks[path.slice(2, -3)]}.cjs`, external: true } : undefined,
    );
  },
};

// Messages in English only: the fifty other languages of zod are a third of the bundle otherwise.
const englishOnly = {
  name: 'english-only',
  setup(plugin) {
    plugin.onLoad({ filter: /zod\/v4\/locales\/index\.js$/ }, () => ({
      contents: "export { default as en } from './en.js';",
      loader: 'js',
    }));
  },
};

const program = {
  bundle: true,
  minify: true,
  platform: 'node',
  target: 'node20',
  format: 'cjs',
  legalComments: 'none',
  charset: 'ascii',
  // A native import() of our own chunk would start the ES module loader for nothing.
  supported: { 'dynamic-import': false },
  external,
  plugins: [englishOnly],
  // Bundled packages that ask for their own location.
  define: { 'import.meta.url': '__importMetaUrl' },
  banner: { js: '' },
  logLevel: 'warning',
};

await build({
  ...program,
  entryPoints: { switchyard: 'src/cli/main.ts' },
  outdir: 'dist',
  outExtension: { '.js': '.cjs' },
  plugins: [loadedAsChunk],
  banner: { js: '#!/usr/bin/env node' },
  define: {},
});
await build({
  ...program,
  entryPoints: Object.fromEntries(Object.entries(chunks).map(([source, chunk]) => [chunk, `src/cli/${source}.ts`])),
  outdir: 'dist',
  outExtension: { '.js': '.chunk.cjs' },
  banner: { js: "const __importMetaUrl=require('node:url').pathToFileURL(__filename).href;" },
});
for (const chunk of Object.values(chunks)) {
  // The bundler escapes everything but regular expressions; with those done too, the loader can read bytes as they are.
  const file = `dist/${chunk}.chunk.cjs`;
  const ascii = readFileSync(file, 'utf8').replace(/[^\0-\x7f]/g, (unit) => `\\u${unit.charCodeAt(0).toString(16).padStart(4, '0')}`);
  writeFileSync(file, ascii);
  copyFileSync('.ci/chunk-loader.cjs', `dist/${chunk}.cjs`);
}
execFileSync(process.execPath, ['.ci/compile-chunk.cjs', join(root, 'dist/server.chunk.cjs')]);
chmodSync('dist/switchyard.cjs', 0o755);
