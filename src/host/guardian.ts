/**
 * The end of our children when we die without a chance to end them (SIGKILL, crash): a small shell in a session of its own
 * that holds a pipe to us, knows the processes we run, and kills them with all their descendants once the pipe breaks.
 */
import { type StartedChild, spawnChild } from './spawn.ts';

export interface Guardian {
  /** Starts it before there is anything to watch. Never rejects. */
  prepare(): Promise<void>;
  /** `pid` leads its own group and session. Call it right after the start. */
  watch(pid: number): void;
  /** The leader has ended, others of its group have not. */
  watchOrphans(pid: number): void;
  forget(pid: number): void;
  /** Who has an open file below `directory` is ours, and the directory goes when we do. Absolute, without blanks. */
  watchHolders(directory: string): void;
  /** Who was started with the variable `name` set to `value` is ours. */
  watchVariable(name: string, value: string): void;
  /** The mount points of our sandboxes are noted in a file `pid` of `register`; what of them is left goes when we do. */
  watchMountPoints(register: string, pid: number): void;
  /** Ends the guardian. Everything it watched must be gone. */
  close(): Promise<void>;
}

/**
 * Lines on standard input: `+ pid`, `~ pid` (leader gone), `- pid`, `d directory`, `v NAME=value`,
 * `m register/pid`, `q`. After the last line
 * (we are gone): rounds of finding and killing, until two rounds in a row find nothing.
 */
const script = `
trap '' HUP INT
exec 2>/dev/null
roots=' '; orphans=' '; directory=; variables=; mounts=; self=$$
without() { case "$1" in *" $2 "*) rest="\${1%%" $2 "*} \${1#*" $2 "}";; *) rest="$1";; esac; }
while read -r op arg; do
  case $op in
    +) roots="$roots$arg ";;
    '~') without "$roots" "$arg"; roots="$rest"; orphans="$orphans$arg ";;
    -) without "$roots" "$arg"; roots="$rest"; without "$orphans" "$arg"; orphans="$rest";;
    d) directory=$arg;;
    v) variables="$variables -e $arg";;
    m) mounts=$arg;;
    q) exit 0;;
  esac
done
table() {
  if [ -r /proc/self/stat ]; then
    for entry in /proc/[0-9]*; do
      line=; while read -r part; do line="$line $part"; done < $entry/stat
      set -- \${line##*) }
      [ $# -gt 3 ] && [ "$1" != Z ] && echo "\${entry#/proc/} $2 $3 $4"
    done
  else
    ps -axo pid=,ppid=,pgid=,sess=
  fi
}
gone=' '
for pid in $orphans; do [ -d /proc/$pid ] && gone="$gone$pid "; done
for pid in $gone; do without "$orphans" "$pid"; orphans="$rest"; done
groups="$roots$orphans"
members="$roots"
kill_round() {
  processes=$(table); before=
  while [ "$before" != "$members" ]; do
    before="$members"
    while read -r pid parent group session; do
      [ "$pid" = $self ] && continue
      case "$members" in *" $pid "*) continue;; esac
      case "$members" in *" $parent "*) members="$members$pid "; continue;; esac
      case "$groups" in *" $group "*|*" $session "*) members="$members$pid ";; esac
    done <<END
$processes
END
  done
  found=
  while read -r pid rest; do
    case "$members" in *" $pid "*) [ "$pid" = $self ] || { kill -KILL $pid && found=yes; };; esac
  done <<END
$processes
END
}
mounted() { grep -qsF -e " $1 " /proc/[0-9]*/mountinfo; }
quiet=0; round=0
while [ $quiet -lt 2 ] && [ $round -lt 40 ]; do
  kill_round
  if [ -z "$found" ] && [ -d /proc/self ]; then
    more=
    [ -n "$directory" ] && more=$(find /proc/[0-9]*/fd -maxdepth 1 -lname "$directory/*")
    [ -n "$variables" ] && more="$more $(grep -lsF $variables /proc/[0-9]*/environ)"
    for path in $more; do
      pid=\${path#/proc/}; pid=\${pid%%/*}
      case "$members" in *" $pid "*) ;; *) [ "$pid" = $self ] || { members="$members$pid "; found=yes; };; esac
    done
  fi
  if [ -n "$found" ]; then quiet=0; else quiet=$((quiet + 1)); fi
  round=$((round + 1))
  sleep 0.02
done
case "$directory" in /dev/shm/switchyard-pipes-*) rm -rf "$directory";; esac
if [ -n "$mounts" ] && [ -r "$mounts" ]; then
  register=\${mounts%/*}; lock=$register/holder; round=0; taken=
  read -r line </proc/$$/stat; set -- \${line##*) }
  until ln -s "$$ \${20}" "$lock" && taken=yes || [ $round -ge 200 ]; do
    case "$(readlink "$lock")" in "\${mounts##*/} "*)
      mkdir "$lock.breaking" && {
        case "$(readlink "$lock")" in "\${mounts##*/} "*) rm -f "$lock";; esac
        rmdir "$lock.breaking"
      };;
    esac
    round=$((round + 1)); sleep 0.02
  done
  [ -n "$taken" ] && {
    left=
    mv "$mounts" "$mounts.gone" && {
      read -r started
      while read -r path; do
        grep -qsxF -e "$path" "$register"/*[0-9] && continue
        case "$path" in *%*) left=yes; continue;; esac
        point=$(printf %s "$path" | sed 's/\\\\/\\\\134/g; s/ /\\\\040/g; s/\t/\\\\011/g'); round=0
        while mounted "$point" && [ $round -lt 100 ]; do round=$((round + 1)); sleep 0.02; done
        if mounted "$point"; then left=yes
        elif [ -L "$path" ]; then :
        elif [ -d "$path" ]; then rmdir "$path"
        elif [ -f "$path" ] && [ ! -s "$path" ]; then rm -f "$path"; fi
      done
    } <"$mounts.gone"
    if [ -n "$left" ]; then mv "$mounts.gone" "$mounts"; else rm -f "$mounts.gone"; fi
    rm -f "$lock"
  }
fi
`;

/** Only what the shell needs, so that the guardian never looks like a child of a thread and holds no secret. */
const guardianEnv = { PATH: '/usr/local/bin:/usr/bin:/bin:/usr/sbin:/sbin' };

const nobody: Guardian = {
  prepare: async () => {},
  watch: () => {},
  watchOrphans: () => {},
  forget: () => {},
  watchHolders: () => {},
  watchVariable: () => {},
  watchMountPoints: () => {},
  close: async () => {},
};

/** Starts the shell with the first process it has to watch. Does nothing on Windows. */
export const createGuardian = (platform: NodeJS.Platform = process.platform): Guardian =>
  platform === 'win32' ? nobody : new ShellGuardian();

/** Variables whose search would be ambiguous for the shell are not watched. */
const plainWord = /^[A-Za-z0-9_.:/-]+$/;

/** A system that keeps killing the guardian is not fought for ever. */
const maxReplacements = 20;

/** So long may the guardian take a process for ours that has ended: no pid comes round again in that time. */
const flushMs = 50;

class ShellGuardian implements Guardian {
  readonly #roots = new Set<number>();
  readonly #orphans = new Set<number>();
  readonly #variables = new Set<string>();
  #directory: string | undefined;
  #mountPoints: string | undefined;
  #child: Promise<StartedChild | undefined> | undefined;
  #running: StartedChild | undefined;
  #closed = false;
  #replacements = 0;
  /** Lines that wait for the next one, at most `flushMs`. */
  #unsaid = '';
  #flushing: NodeJS.Timeout | undefined;

  async prepare(): Promise<void> {
    if (!this.#closed) await (this.#child ??= this.#start());
  }

  watch(pid: number): void {
    this.#roots.add(pid);
    this.#tell(`+ ${pid}`);
  }

  watchOrphans(pid: number): void {
    this.#roots.delete(pid);
    this.#orphans.add(pid);
    this.#tell(`~ ${pid}`);
  }

  forget(pid: number): void {
    this.#roots.delete(pid);
    this.#orphans.delete(pid);
    if (!this.#running) return;
    // Nobody waits for this, so it usually goes out together with the next start.
    this.#unsaid += `- ${pid}\n`;
    this.#flushing ??= setTimeout(() => this.#tell(''), flushMs).unref();
  }

  watchHolders(directory: string): void {
    if (this.#directory === directory) return;
    this.#directory = directory;
    this.#tell(`d ${directory}`);
  }

  watchVariable(name: string, value: string): void {
    const entry = `${name}=${value}`;
    if (this.#variables.has(entry) || !plainWord.test(name) || !plainWord.test(value)) return;
    this.#variables.add(entry);
    this.#tell(`v ${entry}`);
  }

  watchMountPoints(register: string, pid: number): void {
    if (this.#mountPoints !== undefined) return;
    this.#mountPoints = `${register}/${pid}`;
    this.#tell(`m ${this.#mountPoints}`);
  }

  async close(): Promise<void> {
    this.#closed = true;
    clearTimeout(this.#flushing);
    const child = await this.#child;
    if (!child || child.exitCode !== null || child.signalCode !== null) return;
    const ended = new Promise<void>((resolve) => {
      child.once('exit', () => resolve());
    });
    child.ref();
    child.stdin?.end('q\n');
    await ended;
  }

  /** Says it to the running shell in this very call, or starts one that is told everything. */
  #tell(line: string): void {
    clearTimeout(this.#flushing);
    this.#flushing = undefined;
    if (this.#running) this.#running.stdin?.write(`${this.#unsaid}${line}\n`, 'latin1');
    else if (!this.#closed && line !== '') this.#child ??= this.#start();
    this.#unsaid = '';
  }

  async #start(): Promise<StartedChild | undefined> {
    try {
      const child = await spawnChild(
        { file: '/bin/sh', args: ['-c', script], arg0: undefined, cwd: '/', env: guardianEnv, extraFds: [] },
        { stdio: ['pipe', 'ignore', 'ignore'], ownSession: true },
      );
      child.unref();
      const { stdin } = child;
      stdin?.on('error', () => {}); // the exit tells the same
      if (stdin && 'unref' in stdin && typeof stdin.unref === 'function') stdin.unref();
      child.once('exit', () => this.#ended());
      stdin?.write(this.#everything());
      this.#running = child;
      return child;
    } catch {
      this.#child = undefined; // the next start tries again
      return undefined;
    }
  }

  /** Somebody killed it: those it watched must not be without one. */
  #ended(): void {
    this.#running = undefined;
    this.#child = undefined;
    if (this.#closed || this.#roots.size + this.#orphans.size === 0 || this.#replacements >= maxReplacements) return;
    this.#replacements += 1;
    this.#child = this.#start();
  }

  #everything(): string {
    const lines = [...this.#roots].map((pid) => `+ ${pid}`);
    for (const pid of this.#orphans) lines.push(`~ ${pid}`);
    for (const entry of this.#variables) lines.push(`v ${entry}`);
    if (this.#directory !== undefined) lines.push(`d ${this.#directory}`);
    if (this.#mountPoints !== undefined) lines.push(`m ${this.#mountPoints}`);
    return `${lines.join('\n')}\n`;
  }
}
