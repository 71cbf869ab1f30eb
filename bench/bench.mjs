// Compares this build with the reference program in one run.
//   CODEX_REFERENCE=/path/to/codex npm run bench [-- any flag of the bench]
import { spawnSync } from 'node:child_process';
import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { cli, sharedFolder } from './shared.mjs';

const shared = sharedFolder('bench');
const reference = process.env.CODEX_REFERENCE;
if (!reference) console.error('set CODEX_REFERENCE to the binary of @openai/codex@0.169.0 (installed anywhere outside this clone)');
else if (shared) {
  const bench = process.env.SWITCHYARD_BENCH ?? join(shared, 'bench');
  if (!existsSync(join(bench, 'node_modules', 'ws')))
    console.error(`run npm install in a writable copy of ${bench} and name it in SWITCHYARD_BENCH`);
  else {
    const { NODE_EXTRA_CA_CERTS: _, ...env } = process.env;
    const sides = ['--a', `${process.execPath} ${cli}`, '--b', reference];
    const suite = process.argv.includes('--suite') ? [] : ['--suite', 'app'];
    const run = spawnSync(process.execPath, [join(bench, 'bench.js'), ...sides, ...suite, ...process.argv.slice(2)], {
      stdio: 'inherit',
      env,
    });
    process.exitCode = run.status ?? 1;
  }
}
