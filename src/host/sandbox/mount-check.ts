/**
 * Looking once more at a sandbox that is ready, before its command runs. Where directories that other commands may write lie
 * around what is closed, one of them could exchange such a directory for a link while bubblewrap made its mounts.
 */
import { readFileSync } from 'node:fs';
import type { MountStep } from './mount-plan.ts';
import { isWithin } from './resolved-policy.ts';

/**
 * Arguments: the writable mounts that are meant to be there (`device root point`, one a line), the points of the others, then
 * the command. Only what the shell can do by itself, so that nothing else has to be there.
 */
const script = `
_sy_nl='
'
_sy_writable=$1 _sy_closed=$2 _sy_seen=$_sy_nl; shift 2
_sy_no() { echo "the sandbox is not what was planned ($1): something changed while it was made" >&2; exit 101; }
while read -r _sy_id _sy_up _sy_dev _sy_root _sy_point _sy_how _sy_rest; do
  _sy_seen=$_sy_seen$_sy_point$_sy_nl
  case $_sy_how in rw|rw,*) ;; *) continue;; esac
  _sy_kind=\${_sy_rest#*- }
  case "$_sy_point \${_sy_kind%% *}" in
    '/dev tmpfs'|'/dev/pts devpts'|'/proc proc') continue;;
    '/dev/null '*|'/dev/zero '*|'/dev/full '*|'/dev/random '*|'/dev/urandom '*|'/dev/tty '*|'/dev/console '*) continue;;
  esac
  case "$_sy_writable" in *"$_sy_nl$_sy_dev $_sy_root $_sy_point$_sy_nl"*) ;; *) _sy_no "$_sy_point";; esac
done </proc/self/mountinfo || _sy_no /proc
[ -n "\${_sy_dev+x}" ] || _sy_no /proc
_sy_ifs=$IFS; IFS=$_sy_nl; set -f
for _sy_point in $_sy_closed; do
  case "$_sy_seen" in *"$_sy_nl$_sy_point$_sy_nl"*) ;; *) _sy_no "$_sy_point";; esac
done
IFS=$_sy_ifs; set +f
unset _sy_nl _sy_writable _sy_closed _sy_seen _sy_id _sy_up _sy_dev _sy_root _sy_point _sy_how _sy_rest _sy_kind _sy_ifs
exec "$@"
`;

interface HostMount {
  readonly device: string;
  readonly root: string;
  readonly point: string;
}

/** As /proc writes paths. */
export const mountinfoName = (path: string): string =>
  path.replace(/[ \t\n\\]/g, (char) => `\\${char.charCodeAt(0).toString(8).padStart(3, '0')}`);

const hostMounts = (): HostMount[] =>
  readFileSync('/proc/self/mountinfo', 'utf8')
    .split('\n')
    .map((line) => line.split(' '))
    .flatMap(([, , device, root, point]) => (device && root && point ? [{ device, root, point }] : []));

/** What a mount of `path` over itself will be called. Undefined where nothing is mounted above it. */
function mountOf(path: string, mounts: readonly HostMount[]): HostMount | undefined {
  const above = mounts.filter(({ point }) => isWithin(path, point));
  const nearest = above.reduce<HostMount | undefined>(
    (best, each) => (best && best.point.length > each.point.length ? best : each),
    undefined,
  );
  if (!nearest) return undefined;
  const below = path.slice(nearest.point === '/' ? 0 : nearest.point.length);
  return { device: nearest.device, root: `${nearest.root === '/' ? '' : nearest.root}${below}` || '/', point: path };
}

/** True when a directory that is mounted writable lies in another one, where its name could have been exchanged. */
export const needsCheck = (steps: readonly MountStep[], rootIsWritable: boolean): boolean =>
  steps.some(
    ({ type, path }) =>
      type === 'pin' ||
      (type === 'bind' &&
        (rootIsWritable || steps.some((outer) => outer.type === 'bind' && outer.path !== path && isWithin(path, outer.path)))),
  );

/** What stands before a command whose mounts `steps` have to be looked at. */
export function checkedStart(steps: readonly MountStep[], rootIsWritable: boolean): string[] {
  const mounts = hostMounts();
  const writable = steps.flatMap(({ type, path }) => (type === 'bind' || type === 'pin' ? [mountinfoName(path)] : []));
  if (rootIsWritable) writable.push('/');
  const meant = [
    ...writable.map((path) => mountOf(path, mounts)),
    // What is mounted below a writable directory comes with it; what lies under another mount of its point is out of reach.
    ...mounts.filter(({ point }) => writable.some((path) => path !== point && isWithin(point, path))),
    ...mounts.filter(({ point }, at) => mounts.findLastIndex((each) => each.point === point) > at),
  ].flatMap((mount) => (mount ? [`${mount.device} ${mount.root} ${mount.point}`] : []));
  const lines = (list: readonly string[]) => `\n${list.join('\n')}\n`;
  return ['/bin/sh', '-c', script, 'sh', lines(meant), lines(steps.map(({ path }) => mountinfoName(path)))];
}
