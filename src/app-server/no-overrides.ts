/** A request for the plain configuration: nothing overridden, the server's own directory. */
import type { ConfigRequest } from '../agent/ports.ts';

export const noOverrides: ConfigRequest = {
  cwd: undefined,
  config: undefined,
  model: undefined,
  modelProvider: undefined,
  serviceTier: undefined,
  approvalPolicy: undefined,
  approvalsReviewer: undefined,
  sandbox: undefined,
  permissions: undefined,
  personality: undefined,
  baseInstructions: undefined,
  developerInstructions: undefined,
};
