/** This machine passes what every environment must pass. */
import { createLocalEnvironment } from '../../src/environment/local.ts';
import { describeEnvironment } from './suite.ts';

describeEnvironment('local', {
  open: async (baseEnv) => createLocalEnvironment({ baseEnv, cwd: '/' }),
  serverPid: () => process.pid,
});
