/** Runs the command that supplies a provider's key (`[model_providers.X.auth]`) and keeps its answer for a while. */

import { withDeadline } from '../base/abort.ts';
import { HeadTail } from '../base/bytes.ts';
import { messageOf } from '../base/errors.ts';
import type { ShellEnvironmentPolicy } from '../base/permission-profile.ts';
import type { Scope } from '../base/scope.ts';
import type { Environment } from '../environment/environment.ts';

export interface AuthCommand {
  readonly command: string;
  readonly args: readonly string[];
  readonly timeoutMs: number;
  readonly cwd: string | undefined;
}

/** The command is the user's own helper: it sees what the user's shell would. */
const wholeEnvironment: ShellEnvironmentPolicy = { inherit: 'all', ignoreDefaultExcludes: true, exclude: [], set: {}, includeOnly: [] };
const keptMs = 300_000;
const longestAnswer = 64 * 1024;

let runs = 0;

export function createAuthCommand(
  command: AuthCommand,
  deps: { environment: () => Environment; cwd: string; scope: Scope; monotonicMs: () => number },
): () => Promise<string> {
  let kept: { at: number; key: Promise<string> } | undefined;
  return () => {
    if (kept && deps.monotonicMs() - kept.at < keptMs) return kept.key;
    const key = run(command, deps);
    kept = { at: deps.monotonicMs(), key };
    // A failure is not kept: the next request tries again.
    key.catch(() => {
      kept = undefined;
    });
    return key;
  };
}

async function run(command: AuthCommand, deps: { environment: () => Environment; cwd: string; scope: Scope }): Promise<string> {
  runs += 1;
  const scope = deps.scope.child(`auth command ${runs}`);
  try {
    const running = scope.own(
      await deps.environment().processes.start(
        {
          id: `auth-command-${runs}`,
          argv: [command.command, ...command.args],
          cwd: command.cwd ?? deps.cwd,
          env: { policy: wholeEnvironment, overlay: {} },
          stdin: 'closed',
        },
        scope.signal,
      ),
    );
    const output = new HeadTail(longestAnswer);
    running.onOutput((chunk) => {
      if (chunk.stream === 'stdout') output.push(chunk.bytes);
    });
    await withDeadline(running.closed, command.timeoutMs, 'the auth command');
    const outcome = await running.exited;
    const key = output
      .toBuffer(() => '')
      .toString('utf8')
      .trim();
    if (outcome.kind !== 'exited' || outcome.exitCode !== 0) throw new Error('it failed');
    if (key === '') throw new Error('it printed nothing');
    return key;
  } catch (error) {
    throw new Error(`the auth command ${JSON.stringify(command.command)} gave no key: ${messageOf(error)}`, { cause: error });
  } finally {
    await scope.close();
  }
}
