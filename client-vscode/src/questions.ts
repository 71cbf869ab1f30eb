/** Each kind of question of the server: what is shown of it, and what the answers mean on the wire. */
import type {
  CommandExecutionApprovalDecision,
  CommandExecutionRequestApprovalParams,
  FileChangeApprovalDecision,
  FileChangeRequestApprovalParams,
  McpServerElicitationRequestParams,
  PermissionsRequestApprovalParams,
  PermissionsRequestApprovalResponse,
  ToolRequestUserInputParams,
} from 'switchyard/client';
import type { Answerable, Asked } from './approvals.ts';
import type { Choice, Question } from './messages.ts';

export interface Reply {
  readonly choice: string;
  readonly answers: Readonly<Record<string, string>>;
}

const allow = (id: string, label: string): Choice => ({ id, label, role: 'allow' });
const refuse = (id: string, label: string): Choice => ({ id, label, role: 'refuse' });
const nothing = { text: '', reason: '', command: '', cwd: '', facts: [], questions: [] } as const;
const stopChoices = [refuse('decline', 'Decline'), refuse('cancel', 'Decline and stop')];

type Where = Pick<Asked, 'threadId' | 'turnId' | 'itemId'>;
type Content = Pick<Asked['card'], 'title' | 'choices'> & Partial<Asked['card']>;

const question = <R>(
  { threadId, turnId, itemId }: Where,
  card: Content,
  reply: (reply: Reply) => R,
  ofFiles: boolean = false,
): Answerable<R> => ({
  ...{ threadId, turnId, itemId, ofFiles, reply },
  card: { ...nothing, ...card },
});

/** What is none of these is a refusal. */
const decision = (choice: string) => (choice === 'accept' || choice === 'acceptForSession' || choice === 'cancel' ? choice : 'decline');

export function commandQuestion(params: CommandExecutionRequestApprovalParams) {
  const { proposedExecpolicyAmendment: prefix, networkApprovalContext: network } = params;
  const hosts = params.proposedNetworkPolicyAmendments ?? [];
  const reply = ({ choice }: Reply): { decision: CommandExecutionApprovalDecision } => {
    const host = hosts.find((amendment) => choice === `host ${amendment.action} ${amendment.host}`);
    if (host) return { decision: { applyNetworkPolicyAmendment: { network_policy_amendment: host } } };
    if (choice === 'prefix' && prefix) return { decision: { acceptWithExecpolicyAmendment: { execpolicy_amendment: prefix } } };
    return { decision: decision(choice) };
  };
  const card = {
    title: network ? `Connect to ${network.host} (${network.protocol})?` : titles[params.kind],
    reason: params.reason ?? '',
    command: params.command ?? '',
    cwd: params.cwd ?? '',
    facts: permissionFacts(params.additionalPermissions),
    choices: [
      allow('accept', 'Allow once'),
      allow('acceptForSession', 'Allow for this session'),
      ...(prefix && prefix.length > 0 ? [allow('prefix', `Always allow “${prefix.join(' ')} …”`)] : []),
      ...hosts.map(({ action, host }) =>
        action === 'allow' ? allow(`host allow ${host}`, `Always allow ${host}`) : refuse(`host deny ${host}`, `Never allow ${host}`),
      ),
      ...stopChoices,
    ],
  };
  return question(params, card, reply);
}

const titles = {
  command: 'Run this command?',
  humanCommand: 'Run this command for you?',
  writeStdin: 'Type this into the running program?',
} as const;

export function filesQuestion(params: FileChangeRequestApprovalParams) {
  const { reason, grantRoot } = params;
  const card = {
    title: 'Change these files?',
    reason: reason ?? '',
    facts: grantRoot === null ? [] : [`Also asks to write anywhere under ${grantRoot}`],
    choices: [allow('accept', 'Accept'), allow('acceptForSession', 'Accept for this session'), ...stopChoices],
  };
  return question(params, card, ({ choice }): { decision: FileChangeApprovalDecision } => ({ decision: decision(choice) }), true);
}

export function permissionsQuestion(params: PermissionsRequestApprovalParams) {
  const { cwd, reason, permissions } = params;
  const { network, fileSystem } = permissions;
  const granted = { ...(network === null ? {} : { network }), ...(fileSystem === null ? {} : { fileSystem }) };
  const card = {
    title: 'Grant further permissions?',
    reason: reason ?? '',
    cwd,
    facts: permissionFacts(permissions),
    choices: [allow('turn', 'Grant for this turn'), allow('session', 'Grant for this session'), refuse('decline', 'Decline')],
  };
  return question(
    params,
    card,
    ({ choice }): PermissionsRequestApprovalResponse => ({
      permissions: choice === 'turn' || choice === 'session' ? granted : {},
      scope: choice === 'session' ? 'session' : 'turn',
    }),
  );
}

type Permissions = PermissionsRequestApprovalParams['permissions'];

function permissionFacts(permissions: Permissions | null | undefined): string[] {
  const { network, fileSystem } = permissions ?? {};
  const paths = (verb: string, list: readonly string[] | null | undefined) => (list ?? []).map((path) => `${verb} ${path}`);
  const entries = (fileSystem?.entries ?? []).map(({ path, access }) => {
    const where = path.type === 'path' ? path.path : path.type === 'glob_pattern' ? path.pattern : path.value.kind;
    return `${access} ${where}`;
  });
  return [
    ...(network?.enabled ? ['use the network'] : []),
    ...paths('read', fileSystem?.read),
    ...paths('write', fileSystem?.write),
    ...entries,
  ];
}

export function inputQuestion(params: ToolRequestUserInputParams) {
  const questions = params.questions.map(
    ({ id, header, question: text, isSecret, options }): Question => ({ id, header, text, secret: isSecret, options: options ?? [] }),
  );
  const choices = [allow('send', 'Send answer'), refuse('skip', 'Leave unanswered')];
  return question(params, { title: 'The agent has a question', questions, choices }, ({ choice, answers }) => ({
    answers: Object.fromEntries(
      choice === 'send' ? Object.entries(answers).map(([id, text]) => [id, { answers: text === '' ? [] : [text] }] as const) : [],
    ),
  }));
}

export function elicitationQuestion(params: McpServerElicitationRequestParams) {
  const properties = params.mode === 'form' ? Object.entries(params.requestedSchema.properties) : [];
  const questions = properties.map(([id, property]): Question => {
    const named = 'enum' in property ? property.enum : 'oneOf' in property ? property.oneOf.map((option) => option.const) : [];
    const options = property.type === 'boolean' ? ['true', 'false'] : named;
    return {
      id,
      header: property.title ?? id,
      text: property.description ?? '',
      secret: false,
      options: options.map((label) => ({ label, description: '' })),
    };
  });
  const typed = (id: string, text: string): unknown => {
    const type = properties.find(([name]) => name === id)?.[1].type;
    if (type === 'number' || type === 'integer') return Number(text);
    if (type === 'boolean') return text === 'true';
    return type === 'array' ? [text] : text;
  };
  const reply = ({ choice, answers }: Reply) => {
    const action = choice === 'accept' || choice === 'cancel' ? choice : 'decline';
    const given = Object.entries(answers).filter(([, text]) => text !== '');
    const content = action === 'accept' ? Object.fromEntries(given.map(([id, text]) => [id, typed(id, text)])) : null;
    return { action, content, _meta: null } as const;
  };
  // A form of another kind cannot be shown, so it can only be refused.
  const showable = params.mode === 'form' || params.mode === 'url';
  const card = {
    title: `${params.serverName} asks`,
    text: 'message' in params ? params.message : params.title,
    facts: params.mode === 'url' ? [params.url] : [],
    questions,
    choices: [...(showable ? [allow('accept', 'Accept')] : []), refuse('decline', 'Decline'), refuse('cancel', 'Cancel')],
  };
  return question({ threadId: params.threadId, turnId: params.turnId ?? '', itemId: '' }, card, reply);
}
