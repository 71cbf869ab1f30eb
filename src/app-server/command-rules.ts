/** The rule files of one server: read per configuration, and added to by approvals for all threads at once. */
import type { CommandRules } from '../agent/ports.ts';
import type { Log } from '../base/log.ts';
import type { ConfigWarning } from '../config/config-error.ts';
import type { Configuration } from '../config/configuration.ts';
import type { ConfigLayer } from '../config/layers.ts';
import { appendRule, type RuleText, readRuleTexts, ruleDirectories } from '../config/rule-files.ts';
import { joinRules, noRules, type PrefixRule, type RuleSet, ruleLine } from '../policy/prefix-rules.ts';
import { parseRuleFile, RuleFileError } from '../policy/rule-file.ts';

export class RuleBook {
  readonly #configuration: Configuration;
  readonly #log: Log;
  /** Allowed while this server runs; the file has them too. */
  readonly #added: PrefixRule[] = [];
  readonly #parsed = new Map<string, { readonly text: string; readonly rules: RuleSet }>();
  #writing: Promise<void> = Promise.resolve();

  constructor(configuration: Configuration, log: Log) {
    this.#configuration = configuration;
    this.#log = log;
  }

  /** A broken file takes all rules of the files away, which is told at the start. Rejects when a file cannot be read. */
  async load(layers: readonly ConfigLayer[]): Promise<CommandRules> {
    const { rules } = await this.#read(layers);
    return {
      current: () => (this.#added.length === 0 ? rules : joinRules([rules, { ...noRules, prefixRules: this.#added }])),
      allow: (prefix) => this.#allow(prefix),
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

  async #read(layers: readonly ConfigLayer[]): Promise<{ rules: RuleSet; broken?: { error: RuleFileError; text: string } }> {
    const texts = await readRuleTexts(ruleDirectories(layers));
    const sets: RuleSet[] = [];
    for (const source of texts) {
      try {
        sets.push(this.#parse(source));
      } catch (error) {
        if (!(error instanceof RuleFileError)) throw error;
        this.#log.warn('rules are not applied', { error });
        return { rules: noRules, broken: { error, text: source.text } };
      }
    }
    return { rules: sets.length === 0 ? noRules : joinRules(sets) };
  }

  #parse({ file, text }: RuleText): RuleSet {
    const known = this.#parsed.get(file);
    if (known?.text === text) return known.rules;
    const rules = parseRuleFile(text, file);
    this.#parsed.set(file, { text, rules });
    return rules;
  }

  #allow(prefix: readonly string[]): Promise<void> {
    this.#added.push({ pattern: [...prefix], decision: 'allow' });
    const written = this.#writing.then(() => appendRule(this.#configuration.home, ruleLine(prefix)));
    this.#writing = written.catch(() => {});
    return written;
  }
}

function warningOf({ error, text }: { error: RuleFileError; text: string }): ConfigWarning {
  const { file, line, message } = error;
  const column = (text.split('\n')[line - 1] ?? '').length + 1;
  return {
    summary: 'Error parsing rules; custom rules not applied.',
    details: `failed to parse rules file ${message}`,
    path: file,
    range: { start: { line, column: 1 }, end: { line, column } },
  };
}
