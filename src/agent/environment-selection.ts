/** What a thread or a turn may ask for as the places it works in. */
import { invalidRequest } from '../base/errors.ts';
import { isNativePath } from '../environment/path-uris.ts';

interface Asked {
  readonly environmentId: string;
  readonly cwd: string;
}

/** Throws unless every environment is known, named once, and has a directory in the notation of some system. */
export function checkSelection(environments: { find(id: string): unknown }, asked: readonly Asked[]): void {
  const named = new Set<string>();
  for (const { environmentId, cwd } of asked) {
    if (!environments.find(environmentId)) throw invalidRequest(`unknown turn environment id \`${environmentId}\``);
    if (named.has(environmentId)) throw invalidRequest(`duplicate turn environment id \`${environmentId}\``);
    named.add(environmentId);
    if (!isNativePath(cwd)) {
      const problem = `path \`${cwd}\` does not use absolute POSIX or Windows path syntax`;
      throw invalidRequest(`invalid cwd for environment \`${environmentId}\`: ${problem}`);
    }
  }
}
