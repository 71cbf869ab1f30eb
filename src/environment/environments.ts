/** The set of environments a program knows (implemented by `manager.ts`). */
import type { Environment, EnvironmentState } from './environment.ts';

export interface Environments {
  /** Throws `invalidRequest` "unknown environment id `X`". */
  get(id: string): Environment;
  find(id: string): Environment | undefined;
  /** Where new threads work: the default first, then the others in the order they came. Empty when execution is switched off. */
  defaultIds(): readonly string[];
  list(): readonly { id: string; state: EnvironmentState }[];
}
