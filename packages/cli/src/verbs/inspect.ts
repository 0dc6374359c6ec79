import type { Command } from 'commander';
import { apiOf } from '../hub/api.ts';
import type { AdminOptions } from '../hub/api.ts';
import { withExamples, withHub } from '../hub/options.ts';
import { findTarget } from '../hub/target.ts';
import type { Target } from '../hub/target.ts';
import { at, numberAt, textAt, textsAt } from '../json.ts';
import { discover, getJson, postForm } from '../oauth/hub-metadata.ts';
import type { HubMetadata } from '../oauth/hub-metadata.ts';
import { chainIn, chainOf, drawChain } from '../oauth/chain.ts';
import type { Hop } from '../oauth/chain.ts';
import { judgeToken } from '../oauth/verdict.ts';
import type { Standing } from '../oauth/verdict.ts';
import { Refused } from '../refused.ts';
import { readSecret } from '../terminal/secret.ts';
import { facts, moment } from '../terminal/table.ts';
import { printJson } from '../terminal/terminal.ts';
import type { Terminal } from '../terminal/terminal.ts';

export function registerInspect(program: Command, to: Terminal): void {
  const inspect = program
    .command('inspect')
    .description('say what a token holds, who stands behind it, and whether it is still good (ends with 1 when it is not)')
    .argument('<token>', 'the token, or - for stdin, env:NAME, file:PATH');
  withExamples(withHub(inspect), 'writ token --resource http://localhost:8788/mcp | writ inspect -').action(
    (token: string, options: AdminOptions) => runInspect(token, options, to),
  );
}

async function runInspect(given: string, options: AdminOptions, to: Terminal): Promise<void> {
  const { checkSignature, readToken } = await import('../oauth/look.ts');
  const token = await readSecret(given, to);
  const target = findTarget(options, to.env);
  const reading = readToken(token);
  // Keys come from the hub that was named, never from where the token points: a forged token would bring its own.
  const hub = await discover(target.url);
  const signature = reading === undefined ? undefined : await checkSignature(token, await getJson(hub.jwksUri, hub.issuer));
  const standing = await standingOf(hub, target, token);
  const chain = reading === undefined ? [] : await chainBehind(target, reading.claims, signature?.good === true);
  const verdict = judgeToken({ reading, issuer: hub.issuer, signature, standing, now: Date.now() });
  if (!verdict.good) to.setStatus(1);
  if (options.json === true)
    return printJson(to, {
      good: verdict.good,
      verdict: verdict.sentence,
      standing: standing.state,
      header: reading?.header,
      claims: reading?.claims,
      chain,
    });
  for (const line of facts(to, reading === undefined ? [] : wordsOf(reading.header, reading.claims))) to.print(line);
  for (const line of drawChain(to, chain)) to.print(line);
  to.print(`${to.paint(verdict.good ? 'green' : 'red', verdict.good ? 'Good' : 'Not good')}: ${verdict.sentence}.`);
}

async function standingOf(hub: HubMetadata, { token: admin }: Target, token: string): Promise<Standing> {
  if (admin === undefined) return { state: 'unasked', why: 'no admin token to ask the hub with' };
  if (hub.introspectionEndpoint === undefined) return { state: 'unasked', why: 'the hub has no introspection' };
  try {
    const answer = await postForm(hub.introspectionEndpoint, { token }, { bearer: admin });
    return at(answer, 'active') === true ? { state: 'live' } : { state: 'dead' };
  } catch (error) {
    if (!(error instanceof Refused)) throw error;
    return { state: 'unasked', why: error.message };
  }
}

/** Who stands behind the token: with an admin token as the hub has it on record, else as the token says. A forged token is not asked about. */
async function chainBehind(target: Target, claims: unknown, isGenuine: boolean): Promise<readonly Hop[]> {
  const [txn, jti] = [textAt(claims, 'txn'), textAt(claims, 'jti')];
  if (target.token === undefined || !isGenuine || txn === undefined || jti === undefined) return chainOf(claims);
  try {
    return chainIn(await apiOf(target).find(`txns/${encodeURIComponent(txn)}`), jti) ?? chainOf(claims);
  } catch (error) {
    // An admin token that may not read the trail: what the token itself says is still true.
    if (!(error instanceof Refused)) throw error;
    return chainOf(claims);
  }
}

function wordsOf(header: unknown, claims: unknown): readonly (readonly [string, string | undefined])[] {
  const time = (name: string): string | undefined => {
    const seconds = numberAt(claims, name);
    return seconds === undefined ? undefined : moment(seconds * 1_000);
  };
  const list = (name: string): string | undefined => textsAt(claims, name).join(' ') || undefined;
  return [
    ['kind', [textAt(header, 'typ'), textAt(header, 'alg'), textAt(header, 'kid')].filter((part) => part !== undefined).join(', ')],
    ['issued by', textAt(claims, 'iss')],
    ['good at', textAt(claims, 'aud') ?? list('aud')],
    ['speaks for', textAt(claims, 'sub')],
    ['client', textAt(claims, 'client_id')],
    ['agent', textAt(claims, 'agent')],
    ['tenant', textAt(claims, 'tenant')],
    ['scopes', textAt(claims, 'scope')],
    ['roles', list('roles')],
    ['permissions', list('permissions')],
    ['grant', textAt(claims, 'grant_id')],
    ['transaction', textAt(claims, 'txn')],
    ['logged in', time('auth_time')],
    ['issued', time('iat')],
    ['expires', time('exp')],
  ];
}
