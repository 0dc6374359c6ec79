import type { Agent, FetchOutcome } from '@writ/sdk-agent';
import { sentenceOf } from '@writ/sdk-agent';

/** What the next server answered, or one sentence about why it was not reached. */
export type Hop = { readonly ok: true; readonly value: unknown } | { readonly ok: false; readonly why: string };

/** The next hop of a call: the token that came is exchanged for one that is good at the next server alone, with one scope of it. */
export async function nextHop(
  agent: Agent,
  of: { readonly subjectToken: string; readonly resource: string; readonly scope: string; readonly path: string },
): Promise<Hop> {
  const { subjectToken, resource, scope, path } = of;
  const source = agent.source({ subjectToken, resource, scope: [scope] });
  return readHop(await agent.fetch(source)(`${resource}${path}`));
}

async function readHop(outcome: FetchOutcome): Promise<Hop> {
  if (outcome.kind !== 'response') return { ok: false, why: sentenceOf(outcome) };
  const { response } = outcome;
  return response.ok ? { ok: true, value: await response.json() } : { ok: false, why: `${response.url} answered ${response.status}` };
}
