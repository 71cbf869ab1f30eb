// Builds dist: the command line program (a lean entry and the chunks it loads), the library entries and their types.
// `--program`: the program alone, without types.
import { execFileSync } from 'node:child_process';
import { chmodSync, copyFileSync, cpSync, mkdirSync, readFileSync, renameSync, rmSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { build } from 'esbuild';
import { englishOnly } from './english-only.mjs';

process.chdir(join(dirname(fileURLToPath(import.meta.url)), '..'));
const programOnly = process.argv.includes('--program');
const cache = 'node_modules/.cache';
// Built beside dist and moved in place at the end: whoever runs the program meanwhile finds it whole.
const out = `${cache}/switchyard-dist-${process.pid}`;
mkdirSync(out, { recursive: true });

// Programs, native code and data files: found in node_modules at run time. The rest goes into the bundle.
const external = [
  'node-pty',
  '@vscode/ripgrep',
  'web-tree-sitter',
  'tree-sitter-bash',
  'tough-cookie',
  'undici',
  '@modelcontextprotocol/sdk',
  'libsql',
  '@parcel/watcher',
  '@decimalturn/toml-patch',
  'yaml',
  '@napi-rs/keyring',
];

// Commands that the entry loads on demand, each a file of its own.
const chunks = {
  serve: 'server',
  'exec-server': 'exec-server',
  generate: 'generate',
  doctor: 'doctor',
  demo: 'demo',
  mcp: 'mcp',
  sandbox: 'sandbox',
  execpolicy: 'execpolicy',
};
const loadedAsChunk = {
  name: 'loaded-as-chunk',
  setup(plugin) {
    plugin.onResolve({ filter: new RegExp(`^\\./(${Object.keys(chunks).join('|')})\\.ts$`) }, ({ path, kind }) =>
      kind === 'dynamic-import' ? { path: `./${chunks[path.slice(2, -3)]}.cjs`, external: true } : undefined,
    );
  },
};

// What the WebSocket library needs for TLS and for compression alone is loaded when it is used, not at the start.
const loadedOnUse = {
  name: 'loaded-on-use',
  setup(plugin) {
    plugin.onResolve({ filter: /^(https|tls|zlib)$/ }, ({ path, importer }) =>
      /node_modules\/ws\//.test(importer) ? { path, namespace: 'on-use' } : undefined,
    );
    plugin.onLoad({ filter: /./, namespace: 'on-use' }, ({ path }) => ({
      contents: `module.exports = new Proxy({}, { get: (_, name) => require('node:${path}')[name] });`,
    }));
  },
};

const shared = {
  bundle: true,
  platform: 'node',
  target: 'node20',
  legalComments: 'none',
  charset: 'ascii',
  logLevel: 'warning',
  outdir: out,
};
const program = {
  ...shared,
  minify: true,
  format: 'cjs',
  // A native import() of our own chunk would start the ES module loader for nothing.
  supported: { 'dynamic-import': false },
  external,
};

async function buildProgram() {
  await build({
    ...program,
    entryPoints: { switchyard: 'src/cli/main.ts' },
    outExtension: { '.js': '.cjs' },
    plugins: [loadedAsChunk],
    banner: { js: '#!/usr/bin/env node' },
  });
  chmodSync(join(out, 'switchyard.cjs'), 0o755);
  await build({
    ...program,
    entryPoints: Object.fromEntries(Object.entries(chunks).map(([source, chunk]) => [chunk, `src/cli/${source}.ts`])),
    outExtension: { '.js': '.chunk.cjs' },
    plugins: [englishOnly, loadedOnUse],
    define: {
      // Bundled packages that ask for their own location.
      'import.meta.url': '__importMeta.url',
      // Native add-ons of the WebSocket library, which is used without them.
      'process.env.WS_NO_BUFFER_UTIL': '"1"',
      'process.env.WS_NO_UTF_8_VALIDATE': '"1"',
    },
    banner: { js: "const __importMeta={get url(){return require('node:url').pathToFileURL(__filename).href}};" },
  });
  for (const chunk of Object.values(chunks)) {
    // The bundler escapes everything but regular expressions; with those done too, the loader can read bytes as they are.
    const file = join(out, `${chunk}.chunk.cjs`);
    const ascii = readFileSync(file, 'utf8').replace(/[^\0-\x7f]/g, (unit) => `\\u${unit.charCodeAt(0).toString(16).padStart(4, '0')}`);
    writeFileSync(file, ascii);
    copyFileSync('.ci/chunk-loader.cjs', join(out, `${chunk}.cjs`));
  }
  for (const chunk of ['server', 'exec-server']) {
    execFileSync(process.execPath, ['.ci/compile-chunk.cjs', join(process.cwd(), out, `${chunk}.chunk.cjs`)], { stdio: 'inherit' });
  }
}

// The library entries keep their packages outside, as any library does.
const buildLibrary = () =>
  build({
    ...shared,
    entryPoints: { index: 'src/index.ts', client: 'src/client/index.ts' },
    format: 'esm',
    splitting: true,
    chunkNames: 'lib/[name]-[hash]',
    packages: 'external',
    sourcemap: true,
  });

function emitTypes() {
  // Kept in the cache, so that only what changed is emitted again.
  execFileSync(process.execPath, ['node_modules/typescript/bin/tsc', '-p', '.ci/tsconfig.types.json'], { stdio: 'inherit' });
  cpSync(`${cache}/switchyard-types`, join(out, 'types'), { recursive: true });
}

try {
  await buildProgram();
  await buildLibrary();
  if (!programOnly) emitTypes();
  const old = `${out}-old`;
  try {
    renameSync('dist', old);
  } catch {
    // There was none.
  }
  renameSync(out, 'dist');
  rmSync(old, { recursive: true, force: true });
} finally {
  rmSync(out, { recursive: true, force: true });
}
