/** The skills clients ask for: found per directory, switched on and off, and watched once somebody has asked. */
import { dirname } from 'node:path';
import type { Log } from '../base/log.ts';
import type { Scope } from '../base/scope.ts';
import type { Configuration } from '../config/configuration.ts';
import { userFile } from '../config/files.ts';
import { listSkills, type SkillPlaces, skillRoots, skillRules, switchSkill } from '../config/skills.ts';
import type { SkillMetadata, SkillsListEntry } from '../protocol/app/index.ts';
import type { FileWatcher } from './ports.ts';

export interface SkillsDeps {
  readonly configuration: Configuration;
  readonly watcher: FileWatcher;
  /** The user's own directory. */
  readonly userHome: string;
  /** Skills of the whole machine. */
  readonly adminDirectory: string;
  readonly log: Log;
  /** Ends the watches. */
  readonly scope: Scope;
  /** Called after skills may have changed. */
  readonly changed: () => void;
}

/** Directories watched at most; past that, changes are seen by the next `list` only. */
const maxWatches = 256;

/** Directories whose skills are remembered at most. */
const maxKnown = 64;

export class Skills {
  readonly #deps: SkillsDeps;
  readonly #watched = new Set<string>();
  #extraRoots: readonly string[] = [];
  /** What `list` found, by directory; emptied when something changes. */
  readonly #known = new Map<string, Promise<readonly SkillMetadata[]>>();

  constructor(deps: SkillsDeps) {
    this.#deps = deps;
  }

  /** The skills of an absolute directory as they are now. Rejects like `Configuration.load`. */
  async list(cwd: string): Promise<SkillsListEntry> {
    const { project, config } = await this.#deps.configuration.load({ cwd });
    const places = this.#places();
    const entry = await listSkills(cwd, project, places, skillRules(config));
    const roots = skillRoots(project, places).map(({ path }) => path);
    for (const path of [...roots, ...entry.skills.map((skill) => dirname(skill.path))]) this.#watch(path);
    return entry;
  }

  /** Like `list`, from memory while nothing changes. Never rejects: where the configuration cannot be used there are none. */
  known(cwd: string): Promise<readonly SkillMetadata[]> {
    const known = this.#known.get(cwd);
    if (known) return known;
    this.#watch(userFile(this.#deps.configuration.home));
    const found = this.list(cwd).then(
      ({ skills }) => skills,
      () => [],
    );
    // What is not watched for changes must not be remembered.
    if (this.#known.size < maxKnown && this.#watched.size < maxWatches) this.#known.set(cwd, found);
    return found;
  }

  /** Takes the place of the further directories set before. */
  setExtraRoots(paths: readonly string[]): void {
    this.#extraRoots = [...paths];
    this.#changed();
  }

  switch(change: { path: string | undefined; name: string | undefined; enabled: boolean }): Promise<{ effectiveEnabled: boolean }> {
    return switchSkill(this.#deps.configuration, change).finally(() => this.#known.clear());
  }

  #places(): SkillPlaces {
    const { configuration, userHome, adminDirectory } = this.#deps;
    return { home: configuration.home, userHome, adminDirectory, extraRoots: this.#extraRoots };
  }

  #changed(): void {
    this.#known.clear();
    this.#deps.changed();
  }

  #watch(path: string): void {
    const { watcher, scope, log } = this.#deps;
    if (this.#watched.has(path) || this.#watched.size >= maxWatches || scope.closed) return;
    this.#watched.add(path);
    watcher
      .watch(path, () => (path === userFile(this.#deps.configuration.home) ? this.#known.clear() : this.#changed()))
      .then(
        (watch) => scope.defer(() => void watch.close()),
        (error: unknown) => {
          this.#watched.delete(path);
          log.warn('a directory of skills is not watched', { path, error });
        },
      );
  }
}
