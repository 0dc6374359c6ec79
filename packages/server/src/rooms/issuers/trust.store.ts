import type { ChangeFeed } from '../../base/changes.ts';
import type { Clock } from '../../base/clock.ts';
import type { Db } from '../../base/db.ts';
import { digest } from '../../base/digest.ts';
import type { Outbound } from '../../base/outbound/outbound.ts';
import { fail, ok, type Result } from '../../base/result.ts';
import { createSnapshot } from '../../base/snapshot.ts';
import type { Issuer, Obstacle, Purpose, Vouched } from './issuer.ts';
import { expiryOf, headerObstacle, judgeAssertion, jtiOf, namesIn, WORDS } from './judge.ts';
import { shown } from './patterns.ts';
import { createIssuerKeys, type IssuerKeys } from './remote-keys.store.ts';
import { candidateKeys, isSignedBy, knowsKid, type UnverifiedJws } from './signature.store.ts';
import { listIssuers } from './store.ts';

/** The trusted issuers of this hub, and their judgement of an assertion. */
export type Trust = {
  /** Resolves when the issuers are as fresh as the last change this node heard of. */
  ready(): Promise<void>;
  all(): readonly Issuer[];
  byId(id: string): Issuer | undefined;
  /** Asks every trusted issuer of the assertion's name. At least one vouches, or the first obstacle is told. */
  vouch(jws: UnverifiedJws, purpose: Purpose, now: number): Promise<Result<readonly Vouched[], Obstacle>>;
  /** Whether this one issuer vouches: what the test box shows. */
  examine(jws: UnverifiedJws, by: { issuer: Issuer; purpose: Purpose; now: number }): Promise<Result<Vouched, Obstacle>>;
};

export type TrustDeps = {
  db: Db;
  feed: ChangeFeed;
  outbound: Pick<Outbound, 'get'>;
  clock: Clock;
  /** Our own. */
  issuer: string;
  onError(error: unknown): void;
};

type Known = { all: readonly Issuer[]; byId: ReadonlyMap<string, Issuer>; byName: ReadonlyMap<string, readonly Issuer[]> };

export function createTrust(deps: TrustDeps): Trust {
  const keys = createIssuerKeys(deps);
  const snapshot = createSnapshot({ name: 'issuers', load: () => load(deps.db), onError: deps.onError });
  deps.feed.on('issuer', () => snapshot.stale());
  const examine: Trust['examine'] = (jws, by) => examineBy({ keys, here: deps.issuer }, jws, by);
  return {
    ready: snapshot.ready,
    all: () => snapshot.current().all,
    byId: (id) => snapshot.current().byId.get(id),
    examine,
    async vouch(jws, purpose, now) {
      const named = namedIn(snapshot.current(), jws);
      if (!named.ok) return named;
      const issuers = named.value.filter(({ purposes }) => purposes.includes(purpose));
      if (issuers.length === 0)
        return fail({ reason: 'assertion_purpose', sentence: `The issuer is not trusted for this: ${WORDS[purpose]}.` });
      const vouched: Vouched[] = [];
      let first: Obstacle | undefined;
      for (const issuer of issuers) {
        const one = await examine(jws, { issuer, purpose, now });
        if (one.ok) vouched.push(one.value);
        else first ??= one.error;
      }
      return first !== undefined && vouched.length === 0 ? fail(first) : ok(vouched);
    },
  };
}

export const MALFORMED: Readonly<Record<'assertion_too_long' | 'assertion_malformed', Obstacle>> = {
  assertion_too_long: { reason: 'assertion_too_long', sentence: 'It is longer than 8192 characters.' },
  assertion_malformed: {
    reason: 'assertion_malformed',
    sentence: 'It is no signed JWT: three parts in base64url, header and claims JSON objects in which no name stands twice.',
  },
};

/** By `iss`, and SPIFFE trust domains by the subject. Nobody is asked anything for a name that is not trusted. */
function namedIn({ byName }: Known, jws: UnverifiedJws): Result<readonly Issuer[], Obstacle> {
  const { iss, sub } = namesIn(jws.claims);
  const domain = /^spiffe:\/\/[^/]+(?=\/)/.exec(sub ?? '')?.[0];
  const named = [...(byName.get(iss ?? '') ?? []), ...(byName.get(domain ?? '') ?? [])];
  if (named.length > 0) return ok(named);
  return fail({ reason: 'untrusted_issuer', sentence: `No trusted issuer is called ${shown(iss ?? domain)}.` });
}

async function examineBy(
  { keys, here }: { keys: IssuerKeys; here: string },
  jws: UnverifiedJws,
  { issuer, purpose, now }: { issuer: Issuer; purpose: Purpose; now: number },
): Promise<Result<Vouched, Obstacle>> {
  const header = headerObstacle(issuer, purpose, jws.header);
  if (header !== undefined) return fail(header);
  const signature = await signatureObstacle(keys, issuer, jws);
  if (signature !== undefined) return fail(signature);
  const obstacle = judgeAssertion(issuer, purpose, jws.claims, { issuer: here, now });
  if (obstacle !== undefined) return fail(obstacle);
  const { claims } = jws;
  // Signatures in ECDSA can be made anew by anybody who has one: what was signed is remembered, not how.
  const id = jtiOf(claims) ?? `sha256:${digest(jws.signed)}`;
  return ok({ issuer, purpose, subject: namesIn(claims).sub ?? '', claims, id, expiresAt: expiryOf(claims) });
}

async function signatureObstacle(keys: IssuerKeys, issuer: Issuer, jws: UnverifiedJws): Promise<Obstacle | undefined> {
  const { alg, kid } = jws.header;
  const header = { alg: String(alg), kid: typeof kid === 'string' ? kid : undefined };
  const first = await keys.find(issuer);
  if (!first.ok) return UNREACHABLE[first.error] ?? { reason: first.error, sentence: 'The keys of the issuer could not be had.' };
  if (isSignedBy(candidateKeys(first.value, header), jws, header.alg)) return undefined;
  if (issuer.jwks === undefined && !knowsKid(first.value, kid)) {
    // The issuer may have rotated its keys since we last looked.
    const again = await keys.find(issuer, { missing: true });
    if (again.ok && isSignedBy(candidateKeys(again.value, header), jws, header.alg)) return undefined;
    if (!again.ok || !knowsKid(again.value, kid))
      return { reason: 'assertion_key_unknown', sentence: `The issuer has no key ${shown(kid)}; it is asked again at most once a minute.` };
  }
  return { reason: 'assertion_signature', sentence: 'No key of the issuer made this signature.' };
}

const UNREACHABLE: Readonly<Record<string, Obstacle>> = {
  assertion_keys_unavailable: {
    reason: 'assertion_keys_unavailable',
    sentence: 'The keys of the issuer could not be had: no answer, too large, no JWK Set, or an address that this hub does not connect to.',
  },
  assertion_discovery_mismatch: {
    reason: 'assertion_discovery_mismatch',
    sentence: 'The discovery document at the issuer’s address speaks of another issuer.',
  },
};

const PAGE = 500;

async function load(db: Db): Promise<Known> {
  const all: Issuer[] = [];
  for (let cursor: string | undefined; ;) {
    const page = await listIssuers(db, { limit: PAGE, cursor });
    all.push(...page);
    cursor = page.at(-1)?.id;
    if (page.length < PAGE) break;
  }
  const byName = new Map<string, Issuer[]>();
  for (const issuer of all) byName.set(issuer.issuer, [...(byName.get(issuer.issuer) ?? []), issuer]);
  return { all, byId: new Map(all.map((issuer) => [issuer.id, issuer])), byName };
}
