/** Keeps compiled code between starts, on Node 22 and later. */
import module from 'node:module';
import { homedir } from 'node:os';
import { join } from 'node:path';

/** The directory belongs to this user only: code is loaded from it, so the shared temporary directory would not do. */
export function useCompileCache(env: NodeJS.ProcessEnv): void {
  const enable: unknown = Reflect.get(module, 'enableCompileCache');
  if (typeof enable === 'function') enable(join(env.XDG_CACHE_HOME || join(homedir(), '.cache'), 'switchyard', 'compile'));
}
