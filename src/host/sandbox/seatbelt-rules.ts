/** The fixed parts of the Seatbelt policy: what every program needs to run at all, and what a network needs. Names are Apple's. */
import type { ProxiedNetwork } from './types.ts';

const names = (of: string, list: string): string[] =>
  list
    .trim()
    .split(/\s+/)
    .map((name) => `(${of} "${name}")`);

const sysctls = names(
  'sysctl-name',
  `hw.activecpu hw.byteorder hw.cacheconfig hw.cachelinesize hw.cachelinesize_compat hw.cpufamily hw.cpusubfamily hw.cputype
   hw.l1dcachesize hw.l1dcachesize_compat hw.l1icachesize hw.l1icachesize_compat hw.l2cachesize hw.l2cachesize_compat hw.l3cachesize
   hw.logicalcpu hw.logicalcpu_max hw.machine hw.memsize hw.model hw.ncpu hw.nperflevels hw.packages hw.pagesize hw.pagesize_compat
   hw.physicalcpu hw.physicalcpu_max hw.tbfrequency hw.tbfrequency_compat hw.vectorunit kern.argmax kern.bootargs kern.hostname
   kern.maxfilesperproc kern.maxproc kern.osproductversion kern.osrelease kern.ostype kern.osvariant_status kern.osversion
   kern.secure_kernel kern.usrstack64 kern.version machdep.cpu.brand_string sysctl.proc_cputype vm.loadavg`,
);
const sysctlPrefixes = names('sysctl-name-prefix', 'hw.optional. hw.perflevel kern.proc.pgrp. kern.proc.pid. machdep.cpu. net.routetable.');

export const baseRules: readonly string[] = [
  '(version 1)',
  '(deny default)',
  '(allow process-exec)',
  '(allow process-fork)',
  '(allow signal (target same-sandbox))',
  '(allow process-info* (target same-sandbox))',
  '(allow file-write-data (require-all (path "/dev/null") (vnode-type CHARACTER-DEVICE)))',
  `(allow sysctl-read ${[...sysctls, ...sysctlPrefixes].join(' ')})`,
  '(allow sysctl-write (sysctl-name "kern.grade_cputype"))',
  '(allow iokit-open (iokit-registry-entry-class "RootDomainUserClient"))',
  `(allow mach-lookup ${names(
    'global-name',
    'com.apple.system.opendirectoryd.libinfo com.apple.PowerManagement.control com.apple.cfprefsd.daemon com.apple.cfprefsd.agent',
  ).join(' ')} (local-name "com.apple.cfprefsd.agent"))`,
  '(allow user-preference-read)',
  '(allow ipc-posix-sem)',
  '(allow ipc-posix-shm-read-data ipc-posix-shm-write-create ipc-posix-shm-write-unlink (ipc-posix-name-regex #"^/__KMP_REGISTERED_LIB_[0-9]+$"))',
  '(allow pseudo-tty)',
  '(allow file-read* file-write* file-ioctl (literal "/dev/ptmx"))',
  '(allow file-read* file-write* (require-all (regex #"^/dev/ttys[0-9]+") (extension "com.apple.sandbox.pty")))',
  '(allow file-ioctl (regex #"^/dev/ttys[0-9]+"))',
];

/** What `:minimal` lets be read: the platform's own directories. */
export const minimalRules: readonly string[] = [
  `(allow file-read* ${names(
    'subpath',
    `/System/Library /usr/lib /usr/share /usr/libexec /usr/bin /usr/sbin /bin /sbin /etc /private/etc /Library/Apple /Library/Frameworks
     /opt/homebrew/lib /usr/local/lib /Applications /var/db/timezone /private/var/db/timezone /private/var/db/dyld`,
  ).join(' ')})`,
  `(allow file-read* ${names('literal', '/dev/null /dev/zero /dev/random /dev/urandom /dev/tty /dev/dtracehelper').join(' ')})`,
  `(allow file-read-metadata ${names('literal', '/var /tmp /usr /private /private/var /private/tmp /opt /opt/homebrew /Users').join(' ')})`,
];

export const networkRules: readonly string[] = [
  '(allow network-outbound)',
  '(allow network-inbound)',
  '(allow system-socket)',
  `(allow mach-lookup ${names(
    'global-name',
    `com.apple.SecurityServer com.apple.networkd com.apple.ocspd com.apple.trustd.agent com.apple.SystemConfiguration.DNSConfiguration
     com.apple.SystemConfiguration.configd com.apple.bsd.dirhelper com.apple.system.opendirectoryd.membership`,
  ).join(' ')})`,
  '(allow sysctl-read (sysctl-name-regex #"^net.routetable"))',
];

/** Only the named ports of the loopback address; without ports nothing. */
export const proxiedRules = ({ ports, allowLocalBinding }: ProxiedNetwork): readonly string[] => [
  ...ports.map((port) => `(allow network-outbound (remote ip "localhost:${port}"))`),
  ...(allowLocalBinding
    ? [
        '(allow network-bind (local ip "localhost:*"))',
        '(allow network-inbound (local ip "localhost:*"))',
        '(allow network-outbound (remote ip "localhost:*"))',
      ]
    : []),
  ...(ports.length > 0 ? ['(allow system-socket (socket-domain AF_INET) (socket-domain AF_INET6))'] : []),
];
