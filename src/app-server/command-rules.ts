/** The rule files of one server: read per configuration, and added to by approvals for all threads at once. */
import type { CommandRules, HostRule } from '../agent/ports.ts';
import type { Log } from '../base/log.ts';
import type { ConfigWarning } from '../config/config-error.ts';
import type { Configuration } from '../config/configuration.ts';
import type { ConfigLayer } from '../config/layers.ts';
import {
  appendRule,
  approvedRuleLines,
  approvedRulesFile,
  migrateRules,
  type RuleText,
  readRuleTexts,
  removeRule,
  ruleDirectories,
} from '../config/rule-files.ts';
import {
  isTooBroad,
  joinRules,
  type NetworkRule,
  networkRuleLine,
  noRules,
  type PrefixRule,
  type RuleSet,
  ruleLine,
} from '../policy/prefix-rules.ts';
import { parseRuleFile, RuleFileError } from '../policy/rule-file.ts';

export class RuleBook {
  readonly #configuration: Configuration;
  readonly #log: Log;
  /** Allowed while this server runs; the file has them too. */
  readonly #added = new Map<string, PrefixRule>();
  /** Taken back while this server runs; threads may have read the file before. */
  readonly #revoked = new Set<string>();
  /** The same for hosts, by the line of the file. */
  readonly #hosts = new Map<string, NetworkRule>();
  readonly #revokedHosts = new Set<string>();
  readonly #parsed = new Map<string, { readonly text: string; readonly rules: RuleSet }>();
  #writing: Promise<void> = Promise.resolve();
  #migration: Promise<void> | undefined;

  constructor(configuration: Configuration, log: Log) {
    this.#configuration = configuration;
    this.#log = log;
  }

  /** A broken file takes all rules of the files away, which is told at the start. Rejects when a file cannot be read. */
  async load(layers: readonly ConfigLayer[]): Promise<CommandRules> {
    const { rules, approved } = await this.#read(layers);
    const stillApproved = ({ pattern, decision }: PrefixRule) => decision !== 'allow' || !this.#revoked.has(JSON.stringify(pattern));
    return {
      current: () => {
        const changes = this.#added.size + this.#revoked.size + this.#hosts.size + this.#revokedHosts.size;
        if (changes === 0) return joinRules([rules, approved]);
        const networkRules = approved.networkRules.filter((rule) => !this.#revokedHosts.has(networkRuleLine(rule)));
        const kept = { ...approved, prefixRules: approved.prefixRules.filter(stillApproved), networkRules };
        const added = { ...noRules, prefixRules: [...this.#added.values()], networkRules: [...this.#hosts.values()] };
        return joinRules([rules, kept, added]);
      },
      allow: (prefix) => this.#allow(prefix),
      lasting: () => this.#lasting(),
      revoke: (prefix) => this.#revoke(prefix),
      ruleHost: (rule) => this.#ruleHost(rule),
      lastingHosts: () => this.#lastingHosts(),
      revokeHost: (rule) => this.#revokeHost(rule),
    };
  }

  /** Never rejects. */
  async startupWarnings(): Promise<readonly ConfigWarning[]> {
    try {
      const { layers } = await this.#configuration.load();
      const { broken } = await this.#read(layers);
      return broken ? [warningOf(broken)] : [];
    } catch {
      // The configuration itself is wrong, and says so.
      return [];
    }
  }

  /** `approved`: those of the file that approvals write to. */
  async #read(
    layers: readonly ConfigLayer[],
  ): Promise<{ rules: RuleSet; approved: RuleSet; broken?: { error: RuleFileError; text: string } }> {
    await (this.#migration ??= this.#migrate());
    const texts = await readRuleTexts(ruleDirectories(layers));
    const approvedFile = approvedRulesFile(this.#configuration.home);
    const sets: RuleSet[] = [];
    let approved = noRules;
    for (const source of texts) {
      try {
        const set = this.#parse(source);
        if (source.file === approvedFile) approved = set;
        else sets.push(set);
      } catch (error) {
        if (!(error instanceof RuleFileError)) throw error;
        this.#log.warn('rules are not applied', { error });
        return { rules: noRules, approved: noRules, broken: { error, text: source.text } };
      }
    }
    return { rules: sets.length === 0 ? noRules : joinRules(sets), approved };
  }

  /** Older versions saved rules that allow whatever an interpreter is given; such rules are no longer proposed. Never rejects. */
  #migrate(): Promise<void> {
    const isUnwanted = (line: string) => {
      const words = allowedWords(line);
      return words !== undefined && isTooBroad(words);
    };
    return migrateRules(this.#configuration.home, isUnwanted).catch((error: unknown) => {
      this.#log.warn('rules of older versions could not be looked through', { error });
    });
  }

  #parse({ file, text }: RuleText): RuleSet {
    const known = this.#parsed.get(file);
    if (known?.text === text) return known.rules;
    const rules = parseRuleFile(text, file);
    this.#parsed.set(file, { text, rules });
    return rules;
  }

  #allow(prefix: readonly string[]): Promise<void> {
    const key = JSON.stringify(prefix);
    this.#added.set(key, { pattern: [...prefix], decision: 'allow' });
    this.#revoked.delete(key);
    return this.#write(() => appendRule(this.#configuration.home, ruleLine(prefix)));
  }

  async #lasting(): Promise<string[][]> {
    await this.#writing;
    return (await approvedRuleLines(this.#configuration.home)).flatMap((line) => {
      const prefix = approvedPrefix(line);
      return prefix ? [prefix] : [];
    });
  }

  #revoke(prefix: readonly string[]): Promise<void> {
    const key = JSON.stringify(prefix);
    this.#added.delete(key);
    this.#revoked.add(key);
    return this.#write(() => removeRule(this.#configuration.home, ruleLine(prefix)));
  }

  #ruleHost(rule: HostRule): Promise<void> {
    const added = networkRule(rule);
    const line = networkRuleLine(added);
    this.#hosts.set(line, added);
    this.#revokedHosts.delete(line);
    return this.#write(() => appendRule(this.#configuration.home, line));
  }

  async #lastingHosts(): Promise<HostRule[]> {
    await this.#writing;
    return (await approvedRuleLines(this.#configuration.home)).flatMap((line) => {
      const rule = approvedHost(line);
      return rule ? [rule] : [];
    });
  }

  #revokeHost(rule: HostRule): Promise<void> {
    const line = networkRuleLine(networkRule(rule));
    this.#hosts.delete(line);
    this.#revokedHosts.add(line);
    return this.#write(() => removeRule(this.#configuration.home, line));
  }

  /** One change of the file after the other. */
  #write(change: () => Promise<void>): Promise<void> {
    const written = this.#writing.then(change);
    this.#writing = written.catch(() => {});
    return written;
  }
}

/** The words that a line allows, written as programs write it. */
function allowedWords(line: string): string[] | undefined {
  const list = /^prefix_rule\(pattern=(\[.*\]), decision="allow"\)$/.exec(line)?.[1];
  if (list === undefined) return undefined;
  try {
    const words: unknown = JSON.parse(list);
    return Array.isArray(words) && words.every((word) => typeof word === 'string') ? words : undefined;
  } catch {
    return undefined;
  }
}

/** The same for lines in exactly the form that approvals write; rules of any other form are the user's own. */
function approvedPrefix(line: string): string[] | undefined {
  const words = allowedWords(line);
  return words && ruleLine(words) === line ? words : undefined;
}

/** Names of protocols in rule files, and as attempts have them. */
const ruleProtocols = { http: 'http', https_connect: 'https', socks5_tcp: 'socks5_tcp', socks5_udp: 'socks5_udp' } as const;

const networkRule = ({ host, protocol, action }: HostRule): NetworkRule => ({ host, protocol: ruleProtocols[protocol], decision: action });

function approvedHost(line: string): HostRule | undefined {
  const [, host = '', named, decision] =
    /^network_rule\(host="([^"\\]*)", protocol="([a-z0-9_]+)", decision="(allow|deny)"/.exec(line) ?? [];
  const protocol = (['http', 'https_connect', 'socks5_tcp', 'socks5_udp'] as const).find((each) => ruleProtocols[each] === named);
  if (!protocol || (decision !== 'allow' && decision !== 'deny')) return undefined;
  const rule = { host, protocol, action: decision } as const;
  return networkRuleLine(networkRule(rule)) === line ? rule : undefined;
}

function warningOf({ error, text }: { error: RuleFileError; text: string }): ConfigWarning {
  const { file, line, column, message } = error;
  const end = Math.max(column, (text.split('\n')[line - 1] ?? '').length + 1);
  return {
    summary: 'Error parsing rules; custom rules not applied.',
    details: `failed to parse rules file ${message}`,
    path: file,
    range: { start: { line, column }, end: { line, column: end } },
  };
}
