// Makes sure that the system packages the program uses are there: installs them where it can (root on Debian),
// otherwise prints the one line that does.
import { spawnSync } from 'node:child_process';
import { existsSync } from 'node:fs';
import { delimiter, join } from 'node:path';

const needed = process.platform === 'linux' ? [{ program: 'bwrap', debian: 'bubblewrap', why: 'sandboxed commands' }] : [];
const onPath = (program) => (process.env.PATH ?? '').split(delimiter).some((dir) => dir !== '' && existsSync(join(dir, program)));
const missing = needed.filter(({ program }) => !onPath(program));

if (missing.length > 0) {
  const names = missing.map(({ debian }) => debian).join(' ');
  const isRoot = process.getuid?.() === 0;
  if (isRoot && onPath('apt-get')) {
    console.error(`installing ${names} (${missing.map(({ program, why }) => `${program} for ${why}`).join(', ')})`);
    const run = (...args) =>
      spawnSync('apt-get', args, { stdio: ['ignore', 2, 2], env: { ...process.env, DEBIAN_FRONTEND: 'noninteractive' } }).status;
    if (run('install', '-y', '--no-install-recommends', ...names.split(' ')) !== 0) {
      run('update');
      run('install', '-y', '--no-install-recommends', ...names.split(' '));
    }
  }
  const still = needed.filter(({ program }) => !onPath(program));
  for (const { program, debian, why } of still) {
    console.error(
      `missing: ${program} (${why}). Install it with: sudo apt-get install -y ${debian}   (Fedora: sudo dnf install ${debian})`,
    );
  }
}
