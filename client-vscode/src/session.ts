/** What the user works with: one server, the thread that is open, and what may be asked of both. */
import {
  type AppClient,
  isRequestError,
  type SandboxPolicy,
  type ServerNotification,
  type Thread,
  type UserInput,
} from 'switchyard/client';
import { type ApprovalName, type SandboxName, sandboxName, sandboxPolicies, type TurnChoices } from './choices.ts';
import type { Conversation } from './conversation.ts';
import type { Settings } from './settings.ts';

export interface SessionOptions {
  readonly conversation: Conversation;
  readonly settings: () => Settings;
  readonly cwd: string;
  /** Keeps the id of the open thread across reloads. */
  readonly remember: (threadId: string) => void;
  readonly remembered: () => string;
  /** The thread that was open could not be opened again. */
  readonly onUnopened: (reason: string) => void;
  readonly onChange: () => void;
}

/** What a command of the user waits for a connection. */
const arrivalMs = 20_000;

export class Session {
  readonly #options: SessionOptions;
  readonly choices: TurnChoices = { model: '', approvals: '', sandbox: '', environment: 'local' };
  /** What the user picked for the next thread; the rest is left to the server. */
  #picked: { model?: string; approvalPolicy?: ApprovalName; sandbox?: SandboxName } = {};
  #client: AppClient | undefined;
  /** The thread that was open is open again, and the choices are known. */
  #settled = false;
  readonly #awaiting = new Set<(client: AppClient) => void>();

  constructor(options: SessionOptions) {
    this.#options = options;
  }

  get client(): AppClient | undefined {
    return this.#client;
  }

  /** The connection when it can be worked with, or the next one. Rejects when none comes up. */
  arrived(): Promise<AppClient> {
    if (this.#client && this.#settled) return Promise.resolve(this.#client);
    return new Promise((resolve, reject) => {
      const timer = setTimeout(() => {
        this.#awaiting.delete(arrive);
        reject(new Error('the server is not connected'));
      }, arrivalMs);
      const arrive = (client: AppClient) => {
        clearTimeout(timer);
        resolve(client);
      };
      this.#awaiting.add(arrive);
    });
  }

  /** After a handshake: opens the thread again that was open, and hears of every question that waits. */
  async connected(client: AppClient): Promise<void> {
    this.#client = client;
    void client.closed.then(() => {
      if (this.#client !== client) return;
      this.#client = undefined;
      this.#settled = false;
    });
    await this.#introduceEnvironments(client);
    await this.#restore(client);
    this.#settled = true;
    for (const arrive of this.#awaiting) arrive(client);
    this.#awaiting.clear();
  }

  /** A server that was started anew does not know those of the settings. */
  async #introduceEnvironments(client: AppClient): Promise<void> {
    for (const { id, url } of this.#options.settings().environments) {
      const { status } = await client.request('environment/status', { environmentId: id });
      // One that it refuses is reported when somebody chooses it.
      if (status === 'unknown') await client.request('environment/add', { environmentId: id, execServerUrl: url }).catch(() => undefined);
    }
  }

  async #restore(client: AppClient): Promise<void> {
    const { conversation, remembered } = this.#options;
    let open = conversation.threadId || remembered();
    const { data: loaded } = await client.request('thread/loaded/list', {});
    for (const threadId of loaded) {
      if (threadId === open) continue;
      const waits = await this.#hearQuestions(client, threadId);
      // The editor may have ended before it wrote down which thread was open.
      if (waits && open === '') open = threadId;
    }
    if (open === '') return await this.#showConfigured(client);
    await this.open(open).catch((error: unknown) => {
      // Without an answer nothing is known of the thread: the next connection tries again.
      if (!isRequestError(error)) throw error;
      this.#options.onUnopened(error.message);
      this.newThread();
    });
  }

  /** Subscribes to a thread that waits for an answer: its questions are asked again. False when it does not. */
  async #hearQuestions(client: AppClient, threadId: string): Promise<boolean> {
    const { thread } = await client.request('thread/read', { threadId });
    const waits = thread.status.type === 'active' && thread.status.activeFlags.length > 0;
    if (waits) await client.request('thread/resume', { threadId, excludeTurns: true });
    return waits && thread.cwd === this.#options.cwd;
  }

  async #showConfigured(client: AppClient): Promise<void> {
    const { model, approvalMode, sandbox } = this.#options.settings();
    this.#picked = {
      ...(model === '' ? {} : { model }),
      ...(approvalMode === 'configured' ? {} : { approvalPolicy: approvalMode }),
      ...(sandbox === 'configured' ? {} : { sandbox }),
    };
    const { config } = await client.request('config/read', { cwd: this.#options.cwd });
    // A thread that was opened meanwhile says it itself.
    if (this.#options.conversation.threadId !== '') return;
    const { approval_policy: asks } = config;
    this.choices.model = this.#picked.model ?? config.model ?? '';
    this.choices.approvals = this.#picked.approvalPolicy ?? (typeof asks === 'string' ? asks : 'as configured');
    this.choices.sandbox = this.#picked.sandbox ?? config.sandbox_mode ?? 'as configured';
    this.choices.environment = 'local';
    this.#options.onChange();
  }

  #forget(): void {
    this.#options.conversation.open(undefined);
    this.#options.remember('');
  }

  newThread(): void {
    this.#forget();
    if (this.#client) void this.#showConfigured(this.#client);
  }

  async open(threadId: string): Promise<void> {
    this.#opened(await this.#need().request('thread/resume', { threadId }));
  }

  async fork(threadId: string): Promise<void> {
    this.#opened(await this.#need().request('thread/fork', { threadId }));
  }

  #opened(answer: { thread: Thread; model: string; approvalPolicy: unknown; sandbox: SandboxPolicy }): void {
    const { thread, model, approvalPolicy, sandbox } = answer;
    Object.assign(this.choices, {
      model,
      approvals: typeof approvalPolicy === 'string' ? approvalPolicy : 'granular',
      sandbox: sandboxName(sandbox),
      environment: thread.environments?.[0]?.environmentId ?? 'local',
    });
    this.#options.remember(thread.id);
    this.#options.conversation.open(thread);
  }

  hear(notification: ServerNotification): void {
    const { method, params } = notification;
    const { conversation, onChange } = this.#options;
    if (method === 'thread/settings/updated' && params.threadId === conversation.threadId) {
      const { model, approvalPolicy, sandboxPolicy, environments } = params.threadSettings;
      this.choices.model = model;
      if (typeof approvalPolicy === 'string') this.choices.approvals = approvalPolicy;
      this.choices.sandbox = sandboxName(sandboxPolicy);
      this.choices.environment = environments?.[0]?.environmentId ?? this.choices.environment;
      onChange();
    } else if (method === 'thread/deleted' && params.threadId === conversation.threadId) this.newThread();
    conversation.hear(notification);
  }

  /** Starts a turn, or steers the one that runs, as soon as there is a connection. The thread comes into being with the first message. */
  async send(text: string, images: readonly string[]): Promise<void> {
    const client = await this.arrived();
    const { conversation } = this.#options;
    if (conversation.threadId === '') await this.#startThread(client);
    const input: UserInput[] = [
      ...images.map((url): UserInput => ({ type: 'image', url, detail: null })),
      ...(text === '' ? [] : [{ type: 'text' as const, text, text_elements: [] }]),
    ];
    const { threadId, turnId } = conversation;
    if (turnId === '') await client.request('turn/start', { threadId, input });
    else await client.request('turn/steer', { threadId, expectedTurnId: turnId, input });
  }

  async #startThread(client: AppClient): Promise<void> {
    this.#opened(await client.request('thread/start', { cwd: this.#options.cwd, ...this.#picked, ...this.#environments() }));
  }

  #environments(): { environments?: { environmentId: string; cwd: string }[] } {
    const remote = this.#options.settings().environments.find(({ id }) => id === this.choices.environment);
    return remote ? { environments: [{ environmentId: remote.id, cwd: remote.cwd }] } : {};
  }

  async interrupt(): Promise<void> {
    const { threadId, turnId } = this.#options.conversation;
    if (turnId !== '') await this.#need().request('turn/interrupt', { threadId, turnId });
  }

  async setModel(model: string): Promise<void> {
    await this.#update({ model });
    this.#picked = { ...this.#picked, model };
    this.choices.model = model;
    this.#options.onChange();
  }

  async setApprovals(approvalPolicy: ApprovalName): Promise<void> {
    await this.#update({ approvalPolicy });
    this.#picked = { ...this.#picked, approvalPolicy };
    this.choices.approvals = approvalPolicy;
    this.#options.onChange();
  }

  async setSandbox(name: SandboxName): Promise<void> {
    await this.#update({ sandboxPolicy: sandboxPolicies[name] });
    this.#picked = { ...this.#picked, sandbox: name };
    this.choices.sandbox = name;
    this.#options.onChange();
  }

  /** Registers the environment with the server when it is not this machine. */
  async setEnvironment(id: string): Promise<void> {
    const client = this.#need();
    const remote = this.#options.settings().environments.find((one) => one.id === id);
    if (remote) await client.request('environment/add', { environmentId: remote.id, execServerUrl: remote.url });
    await this.#update({ environments: [{ environmentId: id, cwd: remote?.cwd ?? this.#options.cwd }] });
    this.choices.environment = id;
    this.#options.onChange();
  }

  /** Concerns the thread that is open; without one the choice counts for the next. */
  async #update(change: {
    model?: string;
    approvalPolicy?: ApprovalName;
    sandboxPolicy?: SandboxPolicy;
    environments?: { environmentId: string; cwd: string }[];
  }): Promise<void> {
    const { threadId } = this.#options.conversation;
    if (threadId !== '') await this.#need().request('thread/settings/update', { threadId, ...change });
  }

  #need(): AppClient {
    if (!this.#client) throw new Error('the server is not connected');
    return this.#client;
  }
}
