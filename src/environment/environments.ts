/** The set of environments a program knows (implemented by `manager.ts`). */
import type { Environment, EnvironmentState } from './environment.ts';

export interface Environments {
  /** Throws `invalidRequest` "unknown environment id `X`". */
  get(id: string): Environment;
  find(id: string): Environment | undefined;
  /** `local`, or what the configuration names; undefined when execution is switched off. */
  readonly defaultId: string | undefined;
  list(): readonly { id: string; state: EnvironmentState }[];
}
