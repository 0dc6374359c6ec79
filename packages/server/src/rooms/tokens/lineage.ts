import { z } from 'zod';
import { isObject } from '../../base/json.ts';

/** One who acted (RFC 8693 §4.1): `sub` is a client, `agent` its agent for whoever the token speaks for. */
export type Link = { readonly sub: string; readonly agent?: string | undefined };

/** What a token says of its past: who acted, nearest first, and the ids of the tokens that it follows from, nearest first. */
export type Past = { readonly actors: readonly Link[]; readonly lineage: readonly string[] };

/** Longest past that is read, and made. An agent that exchanges its own token again and again adds tokens without adding anybody to the chain. */
export const MAX_LINEAGE = 16;
const MAX_LINKS = 16;

const NONE: Past = { actors: [], lineage: [] };

/** Reads `act` and `lineage` of one of our tokens; undefined when they are not as we write them, so that a half-read chain is no chain. */
export function pastOf(claims: Readonly<Record<string, unknown>>): Past | undefined {
  const { act, lineage } = claims;
  if (act === undefined && lineage === undefined) return NONE;
  const actors = act === undefined ? [] : linksIn(act);
  const ancestors = lineage === undefined ? [] : textsIn(lineage);
  return actors === undefined || ancestors === undefined ? undefined : { actors, lineage: ancestors };
}

function linksIn(act: unknown): Link[] | undefined {
  const links: Link[] = [];
  for (let link = act; link !== undefined;) {
    if (!isObject(link) || links.length === MAX_LINKS) return undefined;
    const { sub, agent } = link;
    if (typeof sub !== 'string' || sub === '' || (agent !== undefined && typeof agent !== 'string')) return undefined;
    links.push(agent === undefined ? { sub } : { sub, agent });
    link = link['act'];
  }
  return links;
}

function textsIn(value: unknown): string[] | undefined {
  if (!Array.isArray(value) || value.length > MAX_LINEAGE) return undefined;
  const texts = value.filter((one) => typeof one === 'string' && one !== '');
  return texts.length === value.length ? texts : undefined;
}

/**
 * The chain of the token that `now` gets for `before`. Whoever got the first token stands at the end, although that token names no actor: it
 * acted too. A client that exchanges a token of its own is not named twice: nothing was handed on.
 */
export function chainAfter(
  before: { clientId: string; agentId?: string | undefined; actors: readonly Link[] },
  now: Link,
): readonly Link[] {
  const { clientId, agentId } = before;
  const acted = before.actors.length > 0 ? before.actors : [agentId === undefined ? { sub: clientId } : { sub: clientId, agent: agentId }];
  const [last] = acted;
  return last?.sub === now.sub ? acted : [now, ...acted];
}

/** How often a token was handed on: 0 while only the client that got it first has acted. */
export function hopsOf(actors: readonly unknown[]): number {
  return Math.max(0, actors.length - 1);
}

/** How often a token may be handed on, hub-wide. Policies may allow less (`maxDelegationDepth`). */
export const delegationSetting = z.strictObject({
  maxDepth: z
    .number()
    .int()
    .min(0)
    .max(MAX_LINKS - 2),
});
export type DelegationSetting = z.infer<typeof delegationSetting>;

export const DEFAULT_DELEGATION: DelegationSetting = { maxDepth: 5 };
