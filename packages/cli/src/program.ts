import { Command } from 'commander';
import type { Terminal } from './terminal/terminal.ts';
import { registerAdvice } from './verbs/advice.ts';
import { registerAgent } from './verbs/agent.ts';
import { registerApproval } from './verbs/approval.ts';
import { registerApply } from './verbs/apply.ts';
import { registerAudit } from './verbs/audit.ts';
import { registerClient } from './verbs/client.ts';
import { registerConnect } from './verbs/connect.ts';
import { registerCredential } from './verbs/credential.ts';
import { registerDev } from './verbs/dev.ts';
import { registerDoctor } from './verbs/doctor.ts';
import { registerDrift } from './verbs/drift.ts';
import { registerExchange } from './verbs/exchange.ts';
import { registerExport } from './verbs/export.ts';
import { registerFlow } from './verbs/flow.ts';
import { registerGrant } from './verbs/grant.ts';
import { registerGraph } from './verbs/graph.ts';
import { registerInspect } from './verbs/inspect.ts';
import { registerKek } from './verbs/kek.ts';
import { registerKeys } from './verbs/keys.ts';
import { registerKnock } from './verbs/knock.ts';
import { registerOpenapi } from './verbs/openapi.ts';
import { registerPlan } from './verbs/plan.ts';
import { registerPolicy } from './verbs/policy.ts';
import { registerProvider } from './verbs/provider.ts';
import { registerServe } from './verbs/serve.ts';
import { registerSink } from './verbs/sink.ts';
import { registerStream } from './verbs/stream.ts';
import { registerStop } from './verbs/stop.ts';
import { registerToken } from './verbs/token.ts';
import { registerTrust } from './verbs/trust.ts';
import { registerUser } from './verbs/user.ts';

const GROUPS: readonly (readonly [heading: string, verbs: readonly ((program: Command, to: Terminal) => void)[]])[] = [
  ['Run a hub:', [registerDev, registerServe]],
  ['Config as code:', [registerApply, registerPlan, registerDrift, registerExport]],
  [
    'Look and steer:',
    [
      registerAgent,
      registerAdvice,
      registerKnock,
      registerClient,
      registerGrant,
      registerGraph,
      registerStop,
      registerApproval,
      registerUser,
      registerPolicy,
      registerFlow,
      registerTrust,
      registerKeys,
      registerKek,
      registerAudit,
      registerSink,
      registerStream,
    ],
  ],
  ['Connections:', [registerProvider, registerConnect, registerCredential]],
  ['Tokens and trouble:', [registerToken, registerExchange, registerInspect, registerDoctor, registerOpenapi]],
];

/**
 * The whole command line. What a verb needs beyond this (the server, the sample, JOSE) is loaded when the verb runs, so that `--help`
 * answers at once. Ends by throwing, never by leaving the process: whatever runs can still be stopped cleanly.
 */
export function buildProgram(to: Terminal): Command {
  const program = new Command('writ')
    .description('Identity hub for AI agents: who an agent is, what it may do, for whom, and proof of what happened.')
    .version('0.1.0', '--version', 'print the version')
    .exitOverride()
    .showHelpAfterError('(writ --help shows the verbs, writ <verb> --help one of them)')
    .configureOutput({
      writeOut: (text) => to.print(text.trimEnd()),
      writeErr: (text) => to.note(text.trimEnd()),
      outputError: (text, write) => write(text.replace(/^error: /, 'writ: ')),
    })
    .configureHelp({ sortSubcommands: false })
    .helpCommand(false)
    .addHelpText('after', '\nExamples:\n  $ writ dev\n  $ writ agent ls --state active\n  $ writ doctor http://localhost:8788/mcp');
  for (const [heading, verbs] of GROUPS) {
    program.commandsGroup(heading);
    for (const register of verbs) register(program, to);
  }
  // Whoever misses a verb of `writ policy` should be shown those of `writ policy`, not of the whole program.
  for (const verb of program.commands)
    if (verb.commands.length > 0) verb.showHelpAfterError(`(writ ${verb.name()} --help shows its verbs)`);
  return program;
}
