/** Answers that allow nothing: a base to spread a client's own handlers over. */
import { RequestError } from '../base/errors.ts';
import type { QuestionHandlers } from './app-client.ts';

const notSupported = (method: string) => (): never => {
  throw new RequestError('custom', `this client does not answer ${method}`, { code: -32601 });
};

/** Every approval is declined, every question left unanswered. */
export const declineEverything: QuestionHandlers = {
  'item/commandExecution/requestApproval': () => ({ decision: 'decline' }),
  'item/fileChange/requestApproval': () => ({ decision: 'decline' }),
  'item/permissions/requestApproval': () => ({ permissions: {}, scope: 'turn' }),
  'item/tool/requestUserInput': () => ({ answers: {} }),
  'item/tool/call': (params) => ({
    contentItems: [{ type: 'inputText', text: `this client has no tool named ${params.tool}` }],
    success: false,
  }),
  'mcpServer/elicitation/request': () => ({ action: 'decline', content: null, _meta: null }),
  'currentTime/read': () => ({ currentTimeAt: Math.floor(Date.now() / 1000) }),
  'account/chatgptAuthTokens/refresh': notSupported('account/chatgptAuthTokens/refresh'),
  'attestation/generate': notSupported('attestation/generate'),
  applyPatchApproval: () => ({ decision: { denied: { rejection: 'declined' } } }),
  execCommandApproval: () => ({ decision: { denied: { rejection: 'declined' } } }),
};
