// Builds the extension into dist, with the server beside it, and with `--vsix FILE` the package that editors install.
import { execFileSync } from 'node:child_process';
import { cpSync, existsSync, mkdirSync, readdirSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { isBuiltin } from 'node:module';
import { dirname, join, relative } from 'node:path';
import { fileURLToPath } from 'node:url';
import { build } from 'esbuild';
import { englishOnly } from '../.ci/english-only.mjs';

const here = dirname(fileURLToPath(import.meta.url));
const root = join(here, '..');
const out = join(here, 'dist');

const common = { bundle: true, minify: true, legalComments: 'none', logLevel: 'warning', charset: 'utf8', outdir: out };

async function buildExtension() {
  const host = { ...common, platform: 'node', target: 'node20', format: 'cjs', outExtension: { '.js': '.cjs' } };
  const entry = (name) => join(here, 'src', `${name}.ts`);
  await build({
    ...host,
    entryPoints: [entry('extension'), entry('keeper'), entry('boot')],
    external: ['vscode'],
    // The package's public entry, as anybody gets it.
    alias: { 'switchyard/client': join(root, 'dist', 'client.js') },
    plugins: [englishOnly],
    // Optional parts of ws, which does without them.
    define: { 'process.env.WS_NO_BUFFER_UTIL': '"1"', 'process.env.WS_NO_UTF_8_VALIDATE': '"1"' },
  });
  await build({
    ...common,
    platform: 'browser',
    target: 'es2022',
    format: 'iife',
    entryPoints: { view: join(here, 'src', 'webview', 'main.ts') },
  });
}

// What the server looks for in node_modules at run time, without sources, debug files and other grammars' prebuilds.
const packages = ['node-pty', '@vscode/ripgrep', 'web-tree-sitter', 'tree-sitter-bash', 'undici', '@decimalturn/toml-patch', 'yaml'];
const unneeded = {
  'node-pty': /\/(src|third_party|deps|scripts|typings|binding\.gyp|.*\.(map|pdb|test\.js))($|\/)/,
  'web-tree-sitter': /\/(debug|.*\.(map|d\.c?ts))($|\/)/,
  'tree-sitter-bash': /\/tree-sitter-bash\/(?!package\.json$|LICENSE$|tree-sitter-bash\.wasm$).+/,
  undici: /\/(docs|types)($|\/)/,
};

// These come with many packages of their own, of which little is used: their parts that the server asks for become one file.
const bundled = ['@modelcontextprotocol/sdk', 'tough-cookie'];
// What the program does without: parts of ws, and the system keyring, whose binary is larger than the rest.
const optional = ['@napi-rs/keyring', 'bufferutil', 'utf-8-validate'];

/** What the server's programs ask node_modules for, as they say it. */
function requiredByServer() {
  const dist = join(root, 'dist');
  const programs = readdirSync(dist).filter((name) => name.endsWith('.cjs'));
  const found = programs.flatMap((name) => [...readFileSync(join(dist, name), 'utf8').matchAll(/\brequire\("([^."][^"]*)"\)/g)]);
  return [...new Set(found.map(([, name]) => name))].filter((name) => !isBuiltin(name) && !optional.includes(name));
}

const packageOf = (name) => name.split('/', name.startsWith('@') ? 2 : 1).join('/');

async function bundlePackage(name, server) {
  const parts = requiredByServer().filter((part) => packageOf(part) === name);
  const to = join(server, 'node_modules', name);
  const contents = parts.map((part, at) => `export * as part${at} from ${JSON.stringify(part)};`).join('\n');
  await build({
    ...common,
    outdir: undefined,
    outfile: join(to, 'bundle.cjs'),
    platform: 'node',
    target: 'node20',
    format: 'cjs',
    stdin: { contents, resolveDir: root },
    plugins: [englishOnly],
  });
  writeFileSync(join(to, 'package.json'), JSON.stringify({ name, type: 'commonjs' }));
  for (const [at, part] of parts.entries()) {
    const file = part === name ? join(to, 'index.js') : join(server, 'node_modules', part);
    mkdirSync(dirname(file), { recursive: true });
    const bundle = relative(dirname(file), join(to, 'bundle.cjs'));
    writeFileSync(file, `module.exports = require('./${bundle}').part${at};\n`);
  }
}

/** The platform that the package is for: `linux-x64`, as in the names of prebuilt files. */
const platform = `${process.platform}-${process.arch}`;

async function copyServer() {
  const server = join(out, 'server');
  mkdirSync(server, { recursive: true });
  cpSync(join(root, 'package.json'), join(server, 'package.json'));
  cpSync(join(root, 'dist'), join(server, 'dist'), {
    recursive: true,
    filter: (path) => !/\/dist\/(types|lib|.*\.(js|map|cache))($|\/)/.test(path),
  });
  const missing = requiredByServer().filter((name) => !packages.includes(packageOf(name)) && !bundled.includes(packageOf(name)));
  if (missing.length > 0) throw new Error(`the package would lack ${missing.join(', ')}`);
  for (const name of bundled) await bundlePackage(name, server);
  const ripgrep = `@vscode/ripgrep-${platform}`;
  for (const name of [...packages, ripgrep]) {
    const from = join(root, 'node_modules', name);
    if (!existsSync(from)) throw new Error(`${name} is not installed`);
    const filter = (path) => {
      const inside = path.slice(from.length);
      if (/\/prebuilds\/[^/]+/.test(inside) && !inside.includes(`/prebuilds/${platform}`)) return false;
      return !(inside !== '' && unneeded[name]?.test(`/${name}${inside}`));
    };
    cpSync(from, join(server, 'node_modules', name), { recursive: true, filter, dereference: true });
  }
}

function packageVsix(file) {
  cpSync(join(root, 'LICENSE'), join(here, 'LICENSE'));
  const started = [
    '--yes',
    '@vscode/vsce@3.9.2',
    'package',
    '--no-dependencies',
    '--allow-missing-repository',
    '--no-rewrite-relative-links',
    '--target',
    platform,
    '--out',
    file,
  ];
  execFileSync('npx', started, { cwd: here, stdio: ['ignore', 'inherit', 'inherit'] });
  rmSync(join(here, 'LICENSE'));
  console.log(`${file}: ${(statSync(file).size / 1e6).toFixed(1)} MB`);
}

if (!existsSync(join(root, 'dist', 'client.js'))) throw new Error('build the server first: npm run build');
rmSync(out, { recursive: true, force: true });
await buildExtension();
await copyServer();
const at = process.argv.indexOf('--vsix');
if (at > 0) packageVsix(process.argv[at + 1] ?? join(here, `switchyard-vscode-${platform}.vsix`));
