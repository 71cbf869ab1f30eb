/** What a command is started with besides its script: the shell's argv and the variables every command gets. */
import type { SandboxRequest } from '../../base/permission-profile.ts';
import type { EnvironmentInfo, ProcessEnvironment } from '../../environment/environment.ts';
import { pathsLike } from './native-path.ts';
import type { ToolCall } from './tool.ts';

/** The release of the reference whose behaviour is kept; programs that look for it find it in their variables. */
const COMPATIBLE_VERSION = '0.169.0';

/** Programs must not page, colour or expect a clever terminal. */
const PLAIN_OUTPUT: Readonly<Record<string, string>> = {
  NO_COLOR: '1',
  TERM: 'dumb',
  LANG: 'C.UTF-8',
  LC_CTYPE: 'C.UTF-8',
  LC_ALL: 'C.UTF-8',
  COLORTERM: '',
  PAGER: 'cat',
  GIT_PAGER: 'cat',
  GH_PAGER: 'cat',
  CODEX_CI: '1',
  CODEX_APPLY_PATCH_PRESERVE_LINE_ENDINGS: '1',
};

/** The variables of one command: the user's policy, with the fixed ones on top. */
export function commandEnvironment(call: ToolCall, sandbox: SandboxRequest | undefined, info: EnvironmentInfo): ProcessEnvironment {
  const { settings } = call;
  const networkOff = sandbox?.profile.type === 'managed' && sandbox.profile.network === 'restricted';
  return {
    policy: settings.shellEnvironment,
    overlay: {
      ...PLAIN_OUTPUT,
      CODEX_THREAD_ID: call.threadId,
      CODEX_SESSION_ID: call.sessionId,
      CODEX_TOOL_CALL_ID: call.callId,
      CODEX_VERSION: COMPATIBLE_VERSION,
      // Inherited values of these would claim what is not so.
      CODEX_PERMISSION_PROFILE: settings.activePermissionProfile?.id ?? null,
      CODEX_SANDBOX_NETWORK_DISABLED: networkOff ? '1' : null,
      CODEX_SANDBOX: sandbox && info.os === 'macos' ? 'seatbelt' : null,
    },
  };
}

/** U-01: how each family of shells is told to run a script. */
export function shellArgv(shell: string, script: string, options: { login: boolean }): readonly [string, ...string[]] {
  const name = pathsLike(shell)
    .basename(shell)
    .toLowerCase()
    .replace(/\.exe$/, '');
  if (name === 'pwsh' || name === 'powershell')
    return options.login ? [shell, '-Command', script] : [shell, '-NoProfile', '-Command', script];
  if (name === 'cmd') return [shell, '/c', script];
  return [shell, options.login ? '-lc' : '-c', script];
}
