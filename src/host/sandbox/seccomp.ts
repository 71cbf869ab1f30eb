/**
 * The syscall filter of sandboxed commands, assembled as classic BPF without native code. It is the second wall behind the
 * namespaces: no network families, no way to talk to a host socket, no tracing, no typing into terminals, no new namespaces.
 * Numbers come from the kernel's UAPI headers (asm/unistd, linux/seccomp.h, linux/audit.h, linux/sched.h).
 */
import { SandboxUnavailable } from '../process-types.ts';

type Arch = 'x64' | 'arm64';

const auditArch: Record<Arch, number> = { x64: 0xc000003e, arm64: 0xc00000b7 };
/** Set in the number of an x32 call, which would slip past a filter for 64-bit numbers. */
const x32Bit = 0x40000000;

const numbers: Record<Arch, Record<string, number>> = {
  x64: {
    socket: 41,
    connect: 42,
    accept: 43,
    sendto: 44,
    shutdown: 48,
    bind: 49,
    listen: 50,
    getsockname: 51,
    getpeername: 52,
    socketpair: 53,
    setsockopt: 54,
    getsockopt: 55,
    ptrace: 101,
    accept4: 288,
    recvmmsg: 299,
    sendmmsg: 307,
    process_vm_readv: 310,
    process_vm_writev: 311,
    io_uring_setup: 425,
    io_uring_enter: 426,
    io_uring_register: 427,
    ioctl: 16,
    clone: 56,
    unshare: 272,
    setns: 308,
    clone3: 435,
    add_key: 248,
    request_key: 249,
    keyctl: 250,
    kexec_load: 246,
    bpf: 321,
    userfaultfd: 323,
    perf_event_open: 298,
    open_by_handle_at: 304,
    pidfd_getfd: 438,
    chmod: 90,
    fchmod: 91,
    chown: 92,
    fchown: 93,
    lchown: 94,
    utime: 132,
    setxattr: 188,
    lsetxattr: 189,
    fsetxattr: 190,
    removexattr: 197,
    lremovexattr: 198,
    fremovexattr: 199,
    utimes: 235,
    fchownat: 260,
    futimesat: 261,
    fchmodat: 268,
    utimensat: 280,
    fchmodat2: 452,
    setxattrat: 463,
    removexattrat: 466,
    file_setattr: 469,
    shmget: 29,
    shmat: 30,
    semget: 64,
    msgget: 68,
    mq_open: 240,
    mq_unlink: 241,
  },
  arm64: {
    socket: 198,
    connect: 203,
    accept: 202,
    sendto: 206,
    shutdown: 210,
    bind: 200,
    listen: 201,
    getsockname: 204,
    getpeername: 205,
    socketpair: 199,
    setsockopt: 208,
    getsockopt: 209,
    ptrace: 117,
    accept4: 242,
    recvmmsg: 243,
    sendmmsg: 269,
    process_vm_readv: 270,
    process_vm_writev: 271,
    io_uring_setup: 425,
    io_uring_enter: 426,
    io_uring_register: 427,
    ioctl: 29,
    clone: 220,
    unshare: 97,
    setns: 268,
    clone3: 435,
    add_key: 217,
    request_key: 218,
    keyctl: 219,
    kexec_load: 104,
    bpf: 280,
    userfaultfd: 282,
    perf_event_open: 241,
    open_by_handle_at: 265,
    pidfd_getfd: 438,
    setxattr: 5,
    lsetxattr: 6,
    fsetxattr: 7,
    removexattr: 14,
    lremovexattr: 15,
    fremovexattr: 16,
    fchmod: 52,
    fchmodat: 53,
    fchownat: 54,
    fchown: 55,
    utimensat: 88,
    mq_open: 180,
    mq_unlink: 181,
    msgget: 186,
    semget: 190,
    shmget: 194,
    shmat: 196,
    fchmodat2: 452,
    setxattrat: 463,
    removexattrat: 466,
    file_setattr: 469,
  },
};

/** Refused whatever the network policy is. */
const alwaysRefused = [
  'ptrace',
  'process_vm_readv',
  'process_vm_writev',
  'io_uring_setup',
  'io_uring_enter',
  'io_uring_register',
  'add_key',
  'request_key',
  'keyctl',
  'setns',
  'kexec_load',
  'bpf',
  'userfaultfd',
  'perf_event_open',
  'open_by_handle_at',
  'pidfd_getfd',
];
/** Refused without a network: everything that gives a socket an address or a peer. */
const refusedOffline = [
  'connect',
  'accept',
  'accept4',
  'bind',
  'listen',
  'getpeername',
  'getsockname',
  'shutdown',
  'sendmmsg',
  'recvmmsg',
  'getsockopt',
  'setsockopt',
];

/** What Landlock says nothing about, for files that are all read-only: owners, modes, times and attributes. */
const refusedOnReadOnlyFiles = [
  'chmod',
  'fchmod',
  'fchmodat',
  'fchmodat2',
  'chown',
  'fchown',
  'lchown',
  'fchownat',
  'utime',
  'utimes',
  'futimesat',
  'utimensat',
  'setxattr',
  'lsetxattr',
  'fsetxattr',
  'setxattrat',
  'removexattr',
  'lremovexattr',
  'fremovexattr',
  'removexattrat',
  'file_setattr',
];
/** Memory and queues that are shared with the host where there is no namespace for them. */
const refusedWithoutIpcNamespace = ['shmget', 'shmat', 'semget', 'msgget', 'mq_open', 'mq_unlink'];
/** Attributes of a file by ioctl: FS_IOC_SETFLAGS and FS_IOC_FSSETXATTR. */
const attributeIoctls = [0x40086602, 0x401c5820];

const returns = { allow: 0x7fff0000, killProcess: 0x80000000, errno: (code: number) => 0x00050000 | code };
const eperm = 1;
const enosys = 38;
const unixFamily = 1;
const inetFamily = 2;
const inet6Family = 10;
const streamSocket = 1;
const datagramSocket = 2;
const seqpacketSocket = 5;
/** SOCK_NONBLOCK and SOCK_CLOEXEC ride on the type argument. */
const socketTypeMask = 0xf;
const newUserNamespace = 0x10000000;
/** Typing into a terminal: TIOCSTI, and TIOCLINUX which can paste. */
const refusedIoctls = [0x5412, 0x541c];

const offset = { nr: 0, arch: 4, arg: (index: number) => 16 + 8 * index };

interface Instruction {
  readonly code: number;
  readonly jt: number;
  readonly jf: number;
  readonly k: number;
}

const load = (at: number): Instruction => ({ code: 0x20, jt: 0, jf: 0, k: at });
const and = (mask: number): Instruction => ({ code: 0x54, jt: 0, jf: 0, k: mask });
const ret = (value: number): Instruction => ({ code: 0x06, jt: 0, jf: 0, k: value });
/** Runs the next `count` instructions only when the accumulator equals `k`. */
const unlessEqualSkip = (k: number, count: number): Instruction => ({ code: 0x15, jt: 0, jf: count, k });
const ifEqualSkip = (k: number, count: number): Instruction => ({ code: 0x15, jt: count, jf: 0, k });
const unlessBitsSkip = (bits: number, count: number): Instruction => ({ code: 0x45, jt: 0, jf: count, k: bits });

/** `body` runs for the call numbered `nr` and must return; the number is reloaded afterwards by nobody, so nothing else may follow it. */
const forCall = (nr: number, body: readonly Instruction[]): Instruction[] => [unlessEqualSkip(nr, body.length), ...body];

/**
 * Only unix sockets that talk to the peer they were made with. A datagram socket (and a raw one, which the kernel makes a
 * datagram one), even of a pair, could reach host sockets with `sendmsg` and pass descriptors out.
 */
const unixStreamOnly: readonly Instruction[] = [
  load(offset.arg(0)),
  ifEqualSkip(unixFamily, 1),
  ret(returns.errno(eperm)),
  load(offset.arg(1)),
  and(socketTypeMask),
  ifEqualSkip(streamSocket, 2),
  ifEqualSkip(seqpacketSocket, 1),
  ret(returns.errno(eperm)),
  ret(returns.allow),
];

function socketRules(call: Record<string, number>): Instruction[] {
  const refuse = ret(returns.errno(eperm));
  return [
    ...forCall(call.socket ?? -1, unixStreamOnly),
    ...forCall(call.socketpair ?? -1, unixStreamOnly),
    // With an address it would reach somebody; without one it is only a write.
    ...forCall(call.sendto ?? -1, [
      load(offset.arg(4)),
      ifEqualSkip(0, 1),
      refuse,
      load(offset.arg(4) + 4),
      ifEqualSkip(0, 1),
      refuse,
      ret(returns.allow),
    ]),
  ];
}

/** TCP and UDP, which end at the loopback device; unix sockets only as pairs, for a path could lead to a host socket. */
function proxiedRules(call: Record<string, number>): Instruction[] {
  const refuse = ret(returns.errno(eperm));
  return [
    ...forCall(call.socket ?? -1, [
      load(offset.arg(0)),
      ifEqualSkip(inetFamily, 2),
      ifEqualSkip(inet6Family, 1),
      refuse,
      load(offset.arg(1)),
      and(socketTypeMask),
      ifEqualSkip(streamSocket, 2),
      ifEqualSkip(datagramSocket, 1),
      refuse,
      ret(returns.allow),
    ]),
    ...forCall(call.socketpair ?? -1, unixStreamOnly),
  ];
}

/** What stays of the network: nothing, the internet families inside a namespace that has only a loopback device, or all. */
export type NetworkReach = 'none' | 'proxied' | 'all';

function networkRules(call: Record<string, number>, network: NetworkReach): Instruction[] {
  if (network === 'none') return socketRules(call);
  return network === 'proxied' ? proxiedRules(call) : [];
}

export interface FilterOptions {
  readonly network: NetworkReach;
  /** There are no mounts around the command: the filter has to keep attributes of files and shared memory. */
  readonly alone?: { readonly readOnlyFiles: boolean };
  readonly arch?: string;
}

/** The program for `bwrap --seccomp`: an array of `struct sock_filter`. */
export function seccompProgram(options: FilterOptions): Buffer {
  const arch = options.arch ?? process.arch;
  if (arch !== 'x64' && arch !== 'arm64') throw new SandboxUnavailable(`no syscall filter is known for ${arch}`);
  const call = numbers[arch];
  const refuse = ret(returns.errno(eperm));
  const readOnlyFiles = options.alone?.readOnlyFiles === true;
  const names = [
    ...alwaysRefused,
    ...(options.network === 'none' ? refusedOffline : []),
    ...(options.alone ? refusedWithoutIpcNamespace : []),
    ...(readOnlyFiles ? refusedOnReadOnlyFiles : []),
  ];
  const program: Instruction[] = [
    load(offset.arch),
    ifEqualSkip(auditArch[arch], 1),
    ret(returns.killProcess),
    load(offset.nr),
    ...(arch === 'x64' ? [unlessBitsSkip(x32Bit, 1), refuse] : []),
    ...names.flatMap((name) => forCall(call[name] ?? -1, [refuse])),
    // The C library falls back to clone, whose flags can be seen here.
    ...forCall(call.clone3 ?? -1, [ret(returns.errno(enosys))]),
    ...['clone', 'unshare'].flatMap((name) =>
      forCall(call[name] ?? -1, [load(offset.arg(0)), unlessBitsSkip(newUserNamespace, 1), refuse, ret(returns.allow)]),
    ),
    ...forCall(call.ioctl ?? -1, [
      load(offset.arg(1)),
      ...[...refusedIoctls, ...(readOnlyFiles ? attributeIoctls : [])].flatMap((request) => [unlessEqualSkip(request, 1), refuse]),
      ret(returns.allow),
    ]),
    ...networkRules(call, options.network),
    ret(returns.allow),
  ];
  const bytes = Buffer.alloc(program.length * 8);
  program.forEach(({ code, jt, jf, k }, index) => {
    bytes.writeUInt16LE(code, index * 8);
    bytes.writeUInt8(jt, index * 8 + 2);
    bytes.writeUInt8(jf, index * 8 + 3);
    bytes.writeUInt32LE(k >>> 0, index * 8 + 4);
  });
  return bytes;
}
