/** Which commands have the managed network: by profile, requirements, escalation and method; and a question outlives its client. */
import { expect, test } from 'vitest';
import { deferred } from '../../src/base/deferred.ts';
import { run, say } from '../support/scripted-model.ts';
import { startServer } from '../support/server.ts';
import { config, get, outputs, profile, type Question, required, stage } from './network-stage.ts';

test('a profile without network and one without confinement: required for the first, none for the second', () =>
  stage(false, { tables: profile('').replace('enabled = true', 'enabled = false') }, async ({ thread, play, asked }) => {
    const names = 'env | grep -c -i _proxy';
    expect(await play(await thread(), run(`${names}; ${get('a')}`))).toMatchObject({ output: '31\n200 ' });
    expect(asked).toHaveLength(1);
    const free = await thread({ sandbox: 'danger-full-access' });
    expect(await play(free, run(`${names}; ${get('a')}`))).toMatchObject({ output: '0\n200 ' });
    expect(asked).toHaveLength(1);
  }));

test('a list of hosts holds where nobody switched the feature on; without lists and feature there is no proxy', async () => {
  await stage(false, { requirements: '', tables: profile('domains = { "127.0.0.1" = "allow", "b.example" = "deny" }') }, async (place) => {
    const { output, read } = await place.play(await place.thread(), run(`${get('a')}; curl -s -o /dev/null http://b.example/; sleep 30`));
    expect(output).toContain('200 ');
    expect(read[0]).toContain('domain is explicitly denied');
  });
  await stage(false, { requirements: '', tables: profile('') }, async ({ thread, play }) => {
    expect(await play(await thread(), run('env | grep -c -i _proxy'))).toMatchObject({ output: '0\n' });
  });
  await stage(false, { requirements: '', tables: `${profile('')}[features]\nnetwork_proxy = true\n` }, async ({ thread, play }) => {
    expect(await play(await thread(), run('env | grep -c -i _proxy'))).toMatchObject({ output: '31\n' });
  });
});

test('a turn that switches to a profile with lists has them', () =>
  stage(
    false,
    { requirements: '', config: '', tables: profile('domains = { "b.example" = "deny" }') },
    async ({ thread, client, server }) => {
      const threadId = await thread({ sandbox: 'workspace-write' });
      server.model.push(run('curl -s -o /dev/null http://b.example/; sleep 30'), say('done'));
      const input = [{ type: 'text' as const, text: 'go', text_elements: [] }];
      await client.request('turn/start', { threadId, input, permissions: 'net' });
      await expect.poll(() => client.seen.some(({ method }) => method === 'turn/completed')).toBe(true);
      expect(outputs(server, 0)[0]).toContain('domain is explicitly denied');
    },
  ));

test('a command that leaves the sandbox has no proxy', () =>
  stage(false, {}, async ({ thread, play, asked }) => {
    const escalated = run('env | grep -c -i _proxy', { sandbox_permissions: 'require_escalated', justification: 'Out?' });
    expect(await play(await thread(), escalated)).toMatchObject({ output: '0\n' });
    expect(asked).toMatchObject([{ reason: 'Out?' }]);
  }));

test('command/exec has the same network and asks nobody', () =>
  stage(false, {}, async ({ client, asked }) => {
    const { stdout } = await client.request('command/exec', { command: ['bash', '-c', get('a')] });
    expect(stdout).toBe('403 ');
    expect(asked).toEqual([]);
  }));

test('requirements are shown, unknown ones are told, and a file that is no good starts no thread', async () => {
  const requirements = '[experimental_network]\nenabled = true\nallowed_domains = ["a.example"]\nallow_local_binding = false\n';
  await stage(false, { requirements: `allowed_sandbox_modes = ["read-only"]\n${requirements}` }, async ({ client, thread, play }) => {
    const { requirements: shown } = await client.request('configRequirements/read', {});
    expect(shown?.network).toMatchObject({
      enabled: true,
      domains: { 'a.example': 'allow' },
      allowedDomains: ['a.example'],
      deniedDomains: null,
    });
    await expect.poll(() => JSON.stringify(client.seen)).toContain('Requirements that are not enforced: allowed_sandbox_modes.');
    // What the administrator closes, a profile does not open.
    const { read } = await play(await thread(), run(get('a')));
    expect(read[0]).toContain('local/private network addresses');
  });
  await stage(false, { requirements: '[experimental_network]\nenabled = "yes"\n' }, async ({ thread }) => {
    await expect(thread()).rejects.toMatchObject({ message: expect.stringContaining('experimental_network.enabled') });
  });
  await stage(false, { tables: profile('domains = { "http://x" = "allow" }') }, async ({ thread }) => {
    await expect(thread()).rejects.toMatchObject({ message: expect.stringContaining('unsupported domain pattern syntax: http://x') });
  });
  await stage(false, { tables: profile('mode = "some"') }, async ({ thread }) => {
    await expect(thread()).rejects.toMatchObject({ message: expect.stringContaining('permissions.net.network.mode') });
  });
});

test('the question stays open for a client that comes back', async () => {
  await using server = await startServer({ via: 'memory', config, tables: profile(''), requirements: required });
  const silent = deferred<never>();
  const asked = deferred<Question>();
  const first = await server.client({
    questions: {
      'item/commandExecution/requestApproval': (question) => {
        asked.resolve(question);
        return silent.promise;
      },
    },
  });
  const threadId = await first.thread({ approvalPolicy: 'on-request', sandbox: undefined });
  server.model.push(run(`${get('a')}; echo end`, { yield_time_ms: 20_000 }), say('done'));
  const input = [{ type: 'text' as const, text: 'go', text_elements: [] }];
  await first.request('turn/start', { threadId, input });
  const { itemId } = await asked.promise;
  await first.close();
  const again = deferred<Question>();
  const second = await server.client({
    questions: {
      'item/commandExecution/requestApproval': async (question) => {
        again.resolve(question);
        return { decision: 'accept' };
      },
    },
  });
  await second.request('thread/resume', { threadId });
  expect((await again.promise).itemId).toBe(itemId);
  await expect.poll(() => JSON.stringify(second.seen)).toContain('"aggregatedOutput":"200 end\\n"');
  silent.reject(new Error('over'));
  await silent.promise.catch(() => {});
});
