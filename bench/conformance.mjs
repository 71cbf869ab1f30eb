// Plays the recorder's scenarios against this build and scores them against the recordings of the real program.
//   npm run conformance [-- --all | --only a,b* | any other flag of the recorder]
import { spawnSync } from 'node:child_process';
import { mkdtempSync, rmSync } from 'node:fs';
import { homedir } from 'node:os';
import { join } from 'node:path';
import { cli, sharedFolder } from './shared.mjs';

const turnScenarios = [
  'handshake*,framing,experimental-gate,shutdown-*,websocket,unix-socket,overload',
  'turn-*,approval-*,patch-*,model-*,items-*,background-terminal,thread-start-variants,thread-read',
].join(',');

const shared = sharedFolder('conformance');
if (shared) {
  const args = process.argv.slice(2);
  const all = args.includes('--all');
  const rest = args.filter((arg) => arg !== '--all');
  // Outside the temp directory: the original program refuses to keep its sandbox helper there.
  const scratch = mkdtempSync(join(homedir(), '.switchyard-conformance-'));
  const only = all || rest.includes('--only') ? [] : ['--only', turnScenarios];
  const { NODE_EXTRA_CA_CERTS: _, ...env } = process.env;
  const run = spawnSync(
    process.execPath,
    [
      join(shared, 'conformance', 'app-server.mjs'),
      '--diff',
      '--golden',
      join(shared, 'golden', 'app-server'),
      '--root',
      scratch,
      '--b',
      `${process.execPath} ${cli} app-server`,
      ...only,
      ...rest,
    ],
    { stdio: 'inherit', env },
  );
  rmSync(scratch, { recursive: true, force: true });
  process.exitCode = run.status ?? 1;
}
