/** The list of built-in tools. */
import { applyPatchTool } from './apply-patch/tool.ts';
import { requestUserInputTool } from './ask-user.ts';
import { execCommandTool } from './exec-command.ts';
import { goalTools } from './goal.ts';
import { updatePlanTool } from './plan.ts';
import { requestPermissionsTool } from './request-permissions.ts';
import type { Tool } from './tool.ts';
import { viewImageTool } from './view-image.ts';
import { writeStdinTool } from './write-stdin.ts';

/** In the order a request offers them. */
export const builtInTools: readonly Tool[] = [
  execCommandTool,
  writeStdinTool,
  updatePlanTool,
  requestUserInputTool,
  applyPatchTool,
  viewImageTool,
  requestPermissionsTool,
  ...goalTools,
];
