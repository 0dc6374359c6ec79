import { GRANT_TYPES, TOKEN_TYPES } from '@writ/protocol';
import { apiOf } from '../hub/api.ts';
import type { AdminApi, AdminOptions } from '../hub/api.ts';
import { findTarget } from '../hub/target.ts';
import { listAt, numberAt, textAt } from '../json.ts';
import { explanationLines } from '../policy/explanation.ts';
import { Refused } from '../refused.ts';
import { readSecret } from '../terminal/secret.ts';
import { printJson } from '../terminal/terminal.ts';
import type { Terminal } from '../terminal/terminal.ts';
import { visible } from '../terminal/visible.ts';
import { proofOf } from './get-token.ts';
import type { ProofWish } from './get-token.ts';
import { discover, oauthSentence, sendForm } from './hub-metadata.ts';

export type ExchangeOptions = AdminOptions &
  ProofWish & { subject: string; resource: string; scope?: string[]; actor?: string; explain?: boolean };

/** Exchanges a token and prints the new one; with `--explain` also why it was given, or why not. */
export async function exchange(options: ExchangeOptions, to: Terminal): Promise<void> {
  const proof = await proofOf(options, to);
  if (proof === undefined)
    throw new Refused('An exchange is for a client that proves itself: give --client with --secret or --assertion.', 2);
  const target = findTarget(options, to.env);
  if (options.explain === true && target.token === undefined)
    throw new Refused(`--explain asks the admin API of ${target.url}: give WRIT_ADMIN_TOKEN or --token.`);
  const hub = await discover(target.url);
  const form = await formOf(options, to);
  const { status, value, request } = await sendForm(hub.tokenEndpoint, { ...form, ...proof.form }, proof.by);
  const explanation = options.explain === true ? await explain(apiOf(target), value, { request, client: options.client }) : undefined;
  if (options.json === true) {
    printJson(to, explanation === undefined ? value : { answer: value, explanation: explanation.answer });
    if (status !== 200) to.setStatus(1);
    return;
  }
  for (const line of explanation?.lines(to) ?? []) to.note(line);
  const token = textAt(value, 'access_token');
  if (status !== 200 || token === undefined) throw new Refused(oauthSentence(status, value));
  to.print(token);
  to.note(goodFor(value));
}

/** A key or a password of the vault has neither an end that the hub knows nor scopes. */
function goodFor(value: unknown): string {
  const [seconds, scope] = [numberAt(value, 'expires_in'), textAt(value, 'scope')];
  const end = seconds === undefined ? 'Its end is not known' : `Good for ${seconds} s`;
  return `${end}, scopes: ${scope === undefined || scope === '' ? 'none named' : scope}`;
}

async function formOf({ subject, resource, scope, actor }: ExchangeOptions, to: Terminal): Promise<Record<string, string | undefined>> {
  return {
    grant_type: GRANT_TYPES.token_exchange,
    subject_token: await readSecret(subject, to),
    subject_token_type: TOKEN_TYPES.access_token,
    actor_token: actor === undefined ? undefined : await readSecret(actor, to),
    actor_token_type: actor === undefined ? undefined : TOKEN_TYPES.access_token,
    resource,
    scope: scope?.join(' '),
  };
}

type Explanation = { answer: unknown; lines(to: Pick<Terminal, 'paint'>): string[] };

/** Why it came out as it did: the decision where policy spoke, else the reason that stands in the trail and is not told to callers. */
async function explain(api: AdminApi, answer: unknown, sought: Sought): Promise<Explanation> {
  const entry = await entryOf(api, sought);
  const decision = textAt(answer, 'decision_id') ?? textAt(entry, 'decision');
  if (decision !== undefined) {
    const said = await api.get(`decisions/${encodeURIComponent(decision)}/explain`);
    return { answer: said, lines: (to) => explanationLines(to, said) };
  }
  const reason = textAt(entry, 'reason');
  const sentence = reason === undefined ? 'The audit trail has no entry of this exchange.' : `Refused before policy was asked: ${reason}.`;
  return { answer: { reason: reason ?? null }, lines: () => [visible(sentence)] };
}

type Sought = { request: string | undefined; client: string | undefined };

/** What an exchange leaves in the trail: of a token, and of a credential that was handed out. */
const ENTRIES = ['token.exchanged', 'credential.issued', 'token.refused', 'credential.refused'] as const;

/** Of the newest entries of that client, the one of this exchange, by the id of its request. */
async function entryOf(api: AdminApi, { request, client }: Sought): Promise<unknown> {
  if (request === undefined) return undefined;
  for (const type of ENTRIES) {
    const events = listAt(await api.get('events', { type, client, limit: 50 }), 'items');
    const found = events.find((event) => textAt(event, 'request') === request);
    if (found !== undefined) return found;
  }
  return undefined;
}
