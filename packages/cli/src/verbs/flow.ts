import type { Command } from 'commander';
import { registerAssign } from '../flow/assign.ts';
import { registerDraw } from '../flow/draw.ts';
import { registerForce } from '../flow/force.ts';
import { registerLook } from '../flow/look.ts';
import { registerRun } from '../flow/run.ts';
import { asGroup } from '../hub/options.ts';
import type { Terminal } from '../terminal/terminal.ts';

export function registerFlow(program: Command, to: Terminal): void {
  const flow = asGroup(
    program.command('flow').description('flows: draw, check, publish, assign, run with made-up facts'),
    'writ flow new risky --template step-up-on-risk',
    'writ flow publish risky --note "as agreed"',
    'writ flow assign risky --client web',
    'writ flow run risky --client web --resource ops --user ann',
  );
  registerLook(flow, to);
  registerDraw(flow, to);
  registerForce(flow, to);
  registerAssign(flow, to);
  registerRun(flow, to);
}
