import type { Command } from 'commander';
import { adminApi } from '../hub/api.ts';
import type { AdminOptions } from '../hub/api.ts';
import { countUpTo, several, withExamples, withHub } from '../hub/options.ts';
import { isObject, textAt } from '../json.ts';
import { printJson } from '../terminal/terminal.ts';
import type { Terminal } from '../terminal/terminal.ts';
import { readAnswers, readObject } from './file.ts';
import { ranLines } from './lines.ts';

type Run = AdminOptions & {
  file?: string;
  client?: string;
  resource?: string;
  scope?: string[];
  user?: string;
  tenant?: string;
  signedIn?: string[];
  facts?: string;
  answers?: string;
  live?: boolean;
};

/** `writ flow run`: a flow walked through with made-up facts. */
export function registerRun(flow: Command, to: Terminal): void {
  const verb = flow
    .command('run')
    .description('walk through a flow with made-up facts, and see every node it passes; ends with 1 when it is refused')
    .argument('<id>', 'flow id')
    .argument('[version]', 'this version in the place of the draft', countUpTo(999_999_999))
    .option('--file <file>', 'the flow of this file in the place of the saved draft')
    .option('--client <id>', 'which client asks')
    .option('--resource <id>', 'for which resource')
    .option('--scope <scope>', 'for which scopes (default: all of the resource)', several)
    .option('--user <id>', 'who is there')
    .option('--tenant <id>', 'the tenant that the request names')
    .option('--signed-in <ways>', 'with an open session, got by: password, totp, passkey, …', several)
    .option('--facts <file>', 'all facts from a file; options win')
    .option('--answers <file>', 'what happens, from a file: [{kind: signedIn}, {kind: allowed}]')
    .option('--live', 'really make the calls; needs admin:flows:write');
  withExamples(
    withHub(verb),
    'writ flow run risky --client web --resource ops --user ann',
    'writ flow run risky --client web --resource ops --scope incidents:write --user ann --signed-in password,totp',
    'writ flow run risky --facts facts.yaml --answers answers.yaml --json',
  ).action(async (id: string, version: number | undefined, options: Run) => {
    const path = `flows/${encodeURIComponent(id)}/run${options.live === true ? '/live' : ''}`;
    const ran = await adminApi(options, to.env).post(path, await requestOf(options, version));
    if (textAt(ran, 'effect.kind') === 'refuse') to.setStatus(1);
    if (options.json === true) return printJson(to, ran);
    for (const line of ranLines(to, ran)) to.print(line);
  });
}

async function requestOf(options: Run, version: number | undefined): Promise<Record<string, unknown>> {
  const { file, client, resource, scope, user, tenant, signedIn } = options;
  const base = options.facts === undefined ? {} : await readObject(options.facts);
  const said = { client, resource, scopes: scope, user, tenant, session: signedIn === undefined ? undefined : { by: signedIn } };
  const given = Object.fromEntries(Object.entries(said).filter(([, value]) => value !== undefined));
  return {
    ...(file === undefined ? {} : { flow: await readObject(file) }),
    ...(version === undefined ? {} : { version }),
    facts: { ...(isObject(base['facts']) ? base['facts'] : base), ...given },
    ...(options.answers === undefined ? {} : { answers: await readAnswers(options.answers) }),
  };
}
