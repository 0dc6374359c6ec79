import type { Command } from 'commander';
import { adminApi } from '../hub/api.ts';
import type { AdminOptions } from '../hub/api.ts';
import { countUpTo, several, withExamples, withHub } from '../hub/options.ts';
import { textAt } from '../json.ts';
import { Refused } from '../refused.ts';
import { printJson } from '../terminal/terminal.ts';
import type { Terminal } from '../terminal/terminal.ts';
import { readDraftFile, readRequestFile } from './files.ts';
import { replayLines, simulationLines } from './lines.ts';

type Simulated = AdminOptions & {
  client?: string;
  user?: string;
  tenant?: string;
  resource?: string;
  connection?: string;
  scope?: string[];
  grant?: string;
  ip?: string;
  acr?: string;
  request?: string;
  draft?: string;
};

/** `writ policy simulate`: what the policies say to a made-up request. */
export function registerSimulate(policy: Command, to: Terminal): void {
  const simulate = policy.command('simulate').description('ask what policy would say, and why; ends with 1 when it says no');
  simulate
    .option('--client <id>', 'who asks')
    .option('--user <id>', 'for whom')
    .option('--tenant <id>', 'in which tenant')
    .option('--resource <id>', 'for which resource: its id, not its address')
    .option('--connection <id>', 'or for which connection')
    .option('--scope <scope>', 'scopes, separated by commas or spaces (default: all of the resource)', several)
    .option('--grant <grant>', 'by which grant: authorization_code, client_credentials, token_exchange, …')
    .option('--ip <address>', 'from where')
    .option('--acr <acr>', 'how strongly the user signed in')
    .option('--request <file>', 'the whole request from a file; options win')
    .option('--draft <file>', 'judge by these policies in the place of those of the same id');
  withExamples(
    withHub(simulate),
    'writ policy simulate --client ops-agent --resource ops',
    'writ policy simulate --client ops-agent --user ann --tenant acme --resource ops --scope incidents:write --draft next.yaml',
  ).action(async (options: Simulated) => {
    const api = adminApi(options, to.env);
    const answer = await api.post('policies/simulate', await simulationOf(options));
    if (textAt(answer, 'decision.outcome') === 'deny') to.setStatus(1);
    if (options.json === true) return printJson(to, answer);
    for (const line of simulationLines(to, answer)) to.print(line);
  });
}

async function simulationOf(options: Simulated): Promise<Record<string, unknown>> {
  const { client, user, tenant, resource, connection, scope, grant, ip, acr } = options;
  if (resource !== undefined && connection !== undefined) throw new Refused('Either --resource or --connection.', 2);
  const base = options.request === undefined ? {} : await readRequestFile(options.request);
  const given: Record<string, unknown> = {
    client,
    user,
    tenant,
    resource,
    connection,
    scopes: scope,
    grant,
    request: ip === undefined ? undefined : { ip },
    token: acr === undefined ? undefined : { acr },
    draft: options.draft === undefined ? undefined : await readDraftFile(options.draft),
  };
  const said = Object.entries(given).filter(([, value]) => value !== undefined);
  if (Object.keys(base).length === 0 && client === undefined) throw new Refused('Say who asks (--client), or give a --request file.', 2);
  return { ...base, ...Object.fromEntries(said) };
}

type Replayed = AdminOptions & {
  draft: string;
  since?: string;
  until?: string;
  client?: string;
  user?: string;
  agent?: string;
  resource?: string;
  limit: number;
  samples: number;
  failOnChange?: boolean;
};

/** `writ policy replay`: what a draft would have decided. */
export function registerReplay(policy: Command, to: Terminal): void {
  const replay = policy.command('replay').description('put recorded decisions to a draft and show what would change');
  replay
    .requiredOption('--draft <file>', 'policies to put, or ids to remove')
    .option('--since <time>', 'decisions from this time on (RFC 3339)')
    .option('--until <time>', 'decisions before this time')
    .option('--client <id>', 'of this client')
    .option('--user <id>', 'for this user')
    .option('--agent <id>', 'of this agent')
    .option('--resource <id>', 'for this resource')
    .option('--limit <n>', 'at most so many, the newest first', countUpTo(100_000), 10_000)
    .option('--samples <n>', 'show so many that differ', countUpTo(1_000), 20)
    .option('--fail-on-change', 'end with 1 when anything would change');
  withExamples(withHub(replay), 'writ policy replay --draft next.yaml --since 2026-07-01T00:00:00Z').action(async (options: Replayed) => {
    const { since, until, client, user, agent, resource, limit, samples } = options;
    const draft = await readDraftFile(options.draft);
    const answer = await adminApi(options, to.env).post('policies/replay', {
      draft,
      ...defined({ since, until, client, user, agent, resource, limit, samples }),
    });
    if (options.failOnChange === true && changesAnything(answer)) to.setStatus(1);
    if (options.json === true) return printJson(to, answer);
    for (const line of replayLines(to, answer)) to.print(line);
  });
}

function defined(of: Readonly<Record<string, unknown>>): Record<string, unknown> {
  return Object.fromEntries(Object.entries(of).filter(([, value]) => value !== undefined));
}

function changesAnything(answer: unknown): boolean {
  return typeof answer === 'object' && answer !== null && 'changed' in answer && answer.changed !== 0;
}
