/**
 * Confinement by Landlock, for machines where bubblewrap cannot start: only policies that it enforces whole. Node cannot make the
 * calls itself, so a few lines of Perl make them and then become the command. Numbers come from the kernel's UAPI headers.
 */
import { accessSync, constants, realpathSync, statSync } from 'node:fs';
import { delimiter, isAbsolute, join } from 'node:path';
import { SandboxUnavailable } from '../process-types.ts';
import { runTool } from '../spawn.ts';
import { isWithin, type ResolvedPolicy } from './resolved-policy.ts';

export interface Landlock {
  /** The Perl that makes the calls; absolute, links resolved. */
  readonly program: string;
  readonly abi: number;
}

/** From here on it keeps signals and abstract sockets inside. Less would be a weaker sandbox under the same name. */
const neededAbi = 6;

const calls = {
  x64: { prctl: 157, capset: 126, seccomp: 317 },
  arm64: { prctl: 167, capset: 91, seccomp: 277 },
} as const;

/** Everything that writes: files, names, devices. Reading is not handled, because only policies that read everything get here. */
const writing = 0xfff2;
/** Devices that every command may write to. */
const devices = ['/dev/null', '/dev/zero', '/dev/full', '/dev/random', '/dev/urandom', '/dev/tty'];

/**
 * Arguments: numbers of prctl, capset and seccomp, rights to take away from files, kinds of network to take away, how many
 * variables follow, `NAME=value`..., the program, its argv. Descriptor 3 holds the syscall filter. Anything that does not work
 * ends it with 101 before the command.
 */
const script = `
my ($prctl, $capset, $seccomp, $files, $network, $count) = map { 0 + $_ } splice @ARGV, 0, 6;
sub must { my $what = shift; return $_[0] if $_[0] >= 0; print STDERR "the sandbox could not be set up: $what: $!\\n"; exit 101 }
open my $source, '<&=', 3 or must('filter', -1);
binmode $source;
my $filter = do { local $/; <$source> };
close $source;
for (splice @ARGV, 0, $count) { my ($name, $value) = split /=/, $_, 2; $ENV{$name} = $value }
must('no new privileges', syscall($prctl, 38, 1, 0, 0, 0));
must('death with the parent', syscall($prctl, 1, 9, 0, 0, 0));
syscall($prctl, 47, 4, 0, 0, 0);
syscall($prctl, 24, $_, 0, 0, 0) for 0 .. 63;
my ($header, $none) = (pack('LL', 0x20080522, 0), "\\0" x 24);
must('capabilities', syscall($capset, $header, $none));
my $attributes = pack('QQQ', $files, $network, 3);
my $rules = must('ruleset', syscall(444, $attributes, 24, 0));
if ($files) {
  for (qw(${devices.join(' ')})) {
    sysopen my $device, $_, 0x280000 or next;
    my $beneath = pack('Ql', 0x8002, fileno $device);
    must($_, syscall(445, $rules, 1, $beneath, 0));
  }
}
must('restriction', syscall(446, $rules, 0));
my $program = pack('S x6 P', length($filter) / 8, $filter);
must('syscall filter', syscall($seccomp, 1, 0, $program));
my $command = shift @ARGV;
exec { $command } @ARGV;
print STDERR "$command: $!\\n";
exit($! == 2 ? 127 : 126);
`;

const probeScript = 'my $abi = syscall(444, 0, 0, 1); print $abi < 0 ? "no: $!" : $abi;';
const probeMs = 3000;
const bareEnv = { PATH: '/usr/bin:/bin', LANG: 'C' };

/** Variables that would make Perl load foreign code. */
export const helperVariable = /^(?:PERL|LD_|GLIBC_TUNABLES$)/;

function findPerl(searchPath: string, cwd: string): string | undefined {
  for (const directory of searchPath.split(delimiter)) {
    if (!isAbsolute(directory)) continue;
    try {
      const real = realpathSync(join(directory, 'perl'));
      accessSync(real, constants.X_OK);
      if (statSync(real).isFile() && (cwd === '/' || !isWithin(real, cwd))) return real;
    } catch {
      // not in this directory
    }
  }
  return undefined;
}

/** Rejects with `SandboxUnavailable` and the reason where Landlock cannot be used. */
export async function probeLandlock(searchPath: string, cwd: string): Promise<Landlock> {
  if (process.arch !== 'x64' && process.arch !== 'arm64') throw new SandboxUnavailable(`Landlock is not used on ${process.arch}`);
  const program = findPerl(searchPath, cwd);
  if (program === undefined) throw new SandboxUnavailable('Landlock needs perl on PATH to make its system calls');
  const { code, stdout } = await runTool({ file: program, args: ['-e', probeScript], cwd: '/', env: bareEnv, timeoutMs: probeMs });
  const abi = Number(stdout.toString());
  if (code !== 0 || !Number.isInteger(abi)) {
    throw new SandboxUnavailable(`the kernel has no Landlock (${stdout.toString().replace(/^no: /, '') || 'perl failed'})`);
  }
  if (abi < neededAbi)
    throw new SandboxUnavailable(`the kernel's Landlock (ABI ${abi}) cannot keep signals inside; ABI ${neededAbi} is needed`);
  return { program, abi };
}

/** What a policy asks of Landlock. */
export interface LandlockRights {
  /** All files are read-only; otherwise none is. */
  readonly readOnlyFiles: boolean;
  readonly networkRestricted: boolean;
}

/**
 * Undefined: the policy says more than Landlock can. It only ever adds rights to a directory and all below it, so that a denied
 * path, a restricted read, and a writable root, whose metadata stays closed, are beyond it.
 */
export function landlockRights(policy: ResolvedPolicy): LandlockRights | undefined {
  if (policy.root === 'deny' || policy.denyGlobs.length > 0) return undefined;
  if (policy.root === 'write' && !policy.wholeDisk) return undefined;
  if (policy.entries.some(({ access }) => access !== policy.root)) return undefined;
  return { readOnlyFiles: policy.root === 'read', networkRestricted: policy.networkRestricted };
}

export interface LandlockCommand {
  readonly argv: readonly [string, ...string[]];
  readonly arg0: string | undefined;
  /** Set by the helper itself, because they would change it. */
  readonly env: readonly (readonly [string, string])[];
}

/** Arguments for `landlock.program`; descriptor 3 of the child has to hold the filter. */
export function landlockArgs({ argv, arg0, env }: LandlockCommand, { readOnlyFiles, networkRestricted }: LandlockRights): string[] {
  const { prctl, capset, seccomp } = process.arch === 'arm64' ? calls.arm64 : calls.x64;
  const [program, ...rest] = argv;
  const numbers = [prctl, capset, seccomp, readOnlyFiles ? writing : 0, networkRestricted ? 3 : 0, env.length];
  const variables = env.map(([name, value]) => `${name}=${value}`);
  return ['-e', script, '--', ...numbers.map(String), ...variables, program, arg0 ?? program, ...rest];
}
