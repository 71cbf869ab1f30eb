// Plays the client's side of a recording to a program and collects what is different in the answers.
import { createInterface } from 'node:readline';
import { different, identity, normal, parallel } from './compare.mjs';

/** How long an answer may take that the recording has. */
const patienceMs = 6000;
/** Pauses of the recording that matter: what happened in them is waited for. */
const shortestPauseMs = 400;
const longestPauseMs = 2600;
/** What comes late, if it comes at all. */
const afterglowMs = 400;
/** Said by the program at other moments than by the original, and not about MCP. */
const beside = /^(thread\/tokenUsage|account\/rateLimits|thread\/readState|remoteControl)/;
const uuid = /[0-9a-f]{8}-[0-9a-f]{4}-7[0-9a-f]{3}-[0-9a-f]{4}-[0-9a-f]{12}/g;

const sleep = (ms) => new Promise((resolve) => setTimeout(resolve, ms));

/** The program's side of the conversation. */
class Conversation {
  received = [];
  #child;
  #taken = new Set();
  #arrived = () => {};

  constructor(child) {
    this.#child = child;
    createInterface({ input: child.stdout }).on('line', (line) => {
      this.received.push(JSON.parse(line));
      this.#arrived();
    });
  }

  send(message) {
    this.#child.stdin.write(`${JSON.stringify(message)}\n`);
  }

  /** The message that answers to `wanted`: an equal one first, else one of the same kind. Undefined: there is none in time. */
  async take(wanted, names, ms) {
    const end = performance.now() + ms;
    const kind = identity(wanted);
    for (;;) {
      const open = this.received.flatMap((message, at) => (!this.#taken.has(at) && identity(message) === kind ? [at] : []));
      const equal = open.find((at) => different(normal(wanted, names), normal(this.received[at], names)).length === 0);
      const at = equal ?? open[0];
      if (at !== undefined) {
        this.#taken.add(at);
        return this.received[at];
      }
      const left = end - performance.now();
      if (left <= 0) return undefined;
      await new Promise((resolve) => {
        const late = setTimeout(resolve, left);
        this.#arrived = () => {
          clearTimeout(late);
          resolve();
        };
      });
    }
  }

  get unasked() {
    return this.received.filter((message, at) => !this.#taken.has(at) && !beside.test(message.method ?? ''));
  }
}

/** Resolves with the differences, as lines. `compared`: false when the recording holds nothing to compare with. */
export async function replay({ stage, scene, lines, compared }) {
  const child = stage.startProgram(scene.variables ?? {});
  const conversation = new Conversation(child);
  const names = { home: stage.path('home'), plugin: stage.path('plugin'), fixtures: stage.fixtures };
  const ids = new Map();
  const differences = [];
  const addresses = [];
  let before = 0;
  for (const { ms = 0, dir, m: message } of lines) {
    if (dir === '->') {
      const pause = ms - before;
      if (pause > shortestPauseMs) await sleep(Math.min(pause, longestPauseMs));
      scene.reload?.[message.id] && stage.configure(scene.top ?? '', scene.reload[message.id](stage));
      conversation.send(translated(message, ids, names));
      scene.sent?.[message.id]?.(stage);
    } else {
      const got = await conversation.take(message, names, patienceMs);
      if (!got) differences.push(`${identity(message)}: missing`);
      else {
        parallel(message, got, (wanted, found) => learn(ids, wanted, found));
        if (compared)
          differences.push(...different(normal(message, names), normal(got, names)).map((line) => `${identity(message)}${line}`));
        scene.answered?.[message.id]?.(stage);
        if (got.result?.authorizationUrl !== undefined) {
          addresses.push(got.result.authorizationUrl);
          // The user opens what there is when the last of several logins has begun.
          if (scene.browseAt === undefined || scene.browseAt === message.id)
            for (const url of addresses.splice(0)) await browse(scene, url);
        }
      }
    }
    before = ms;
  }
  await sleep(afterglowMs);
  differences.push(...conversation.unasked.map((message) => `${identity(message)}: not in the recording`));
  return compared ? differences : [];
}

/** Ids of ours in the place of those that the recording has. */
function learn(ids, wanted, found) {
  const [those, ours] = [wanted.match(uuid) ?? [], found.match(uuid) ?? []];
  if (those.length !== ours.length) return;
  for (const [at, id] of those.entries()) if (!ids.has(id)) ids.set(id, ours[at]);
}

const translated = (message, ids, { home, plugin, fixtures }) =>
  JSON.parse(
    JSON.stringify(message)
      .replace(uuid, (id) => ids.get(id) ?? id)
      .replace(/\/srv\/fixtures\/home\d/g, home)
      .replaceAll('/srv/plugin', plugin)
      .replaceAll('/srv/fixtures', fixtures)
      .replace(/ws:\/\/127\.0\.0\.1:\d+/, 'ws://127.0.0.1:8825'),
  );

/** The user opens the address; their browser follows where the authorization server sends it. */
async function browse({ browser }, url) {
  if (browser === undefined) return;
  const response = await fetch(url, { redirect: 'manual' });
  const back = new URL(response.headers.get('location') ?? '');
  if (browser === 'other state') back.searchParams.set('state', 'forged');
  // The page may wait for the end of the login, which the recording waits for too.
  fetch(back).catch(() => {});
}
