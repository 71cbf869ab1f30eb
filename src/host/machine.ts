/** What this machine is called and what runs on it, as the user agent and the handshake report it. */
import { readFileSync } from 'node:fs';
import { arch, hostname, release } from 'node:os';

export interface Machine {
  readonly osName: string;
  readonly osVersion: string;
  readonly arch: string;
  readonly terminal: string;
  readonly hostName: string;
  readonly platformFamily: 'unix' | 'windows';
  readonly platformOs: string;
}

const archNames: Readonly<Record<string, string>> = { x64: 'x86_64', arm64: 'arm64', ia32: 'i386' };
const distributions: Readonly<Record<string, string>> = {
  alpine: 'Alpine Linux',
  amzn: 'Amazon Linux AMI',
  arch: 'Arch Linux',
  centos: 'CentOS',
  debian: 'Debian',
  fedora: 'Fedora',
  linuxmint: 'Linux Mint',
  manjaro: 'Manjaro',
  nixos: 'NixOS',
  'opensuse-leap': 'openSUSE',
  'opensuse-tumbleweed': 'openSUSE',
  pop: 'Pop!_OS',
  raspbian: 'Raspberry Pi OS',
  rhel: 'Red Hat Enterprise Linux',
  ubuntu: 'Ubuntu',
};

/** Numbers of a version, three of them: `12` is `12.0.0`, `22.04` is `22.4.0`. Anything else stays as it is. */
export function threePartVersion(text: string): string {
  if (!/^\d+(\.\d+)*$/.test(text)) return text === '' ? 'Unknown' : text;
  const [major = 0, minor = 0, patch = 0] = text.split('.').map(Number);
  return `${major}.${minor}.${patch}`;
}

function linuxSystem(): { osName: string; osVersion: string } {
  let text = '';
  try {
    text = readFileSync('/etc/os-release', 'utf8');
  } catch {
    // A system without the file is simply "Linux".
  }
  const member = (name: string) => new RegExp(`^${name}="?([^"\\n]*)"?$`, 'm').exec(text)?.[1] ?? '';
  return { osName: distributions[member('ID')] ?? 'Linux', osVersion: threePartVersion(member('VERSION_ID')) };
}

function operatingSystem(platform: NodeJS.Platform): { osName: string; osVersion: string } {
  if (platform === 'linux') return linuxSystem();
  if (platform === 'darwin') {
    // Darwin 20 is macOS 11; its release counts one up with each.
    const darwin = Number.parseInt(release(), 10);
    return { osName: 'Mac OS', osVersion: `${darwin >= 25 ? darwin + 1 : darwin - 9}.0.0` };
  }
  return { osName: platform === 'win32' ? 'Windows' : 'Unknown', osVersion: threePartVersion(release()) };
}

/** The terminal program that the environment names. */
export function terminalName(env: NodeJS.ProcessEnv): string {
  const { TERM_PROGRAM: program, TERM_PROGRAM_VERSION: version } = env;
  const name = program ? (version ? `${program}/${version}` : program) : env.WT_SESSION ? 'WindowsTerminal' : env.TERM || 'unknown';
  return name.replace(/[^A-Za-z0-9_./-]/g, '_');
}

const platformNames: Readonly<Record<string, string>> = { darwin: 'macos', win32: 'windows' };

export function readMachine(env: NodeJS.ProcessEnv): Machine {
  const platform = process.platform;
  return {
    ...operatingSystem(platform),
    arch: archNames[arch()] ?? arch(),
    terminal: terminalName(env),
    hostName: hostname(),
    platformFamily: platform === 'win32' ? 'windows' : 'unix',
    platformOs: platformNames[platform] ?? platform,
  };
}
