import type { Issuer, Obstacle, Purpose } from '../issuers/issuer.ts';
import { namesIn, trustDomainOf, WORDS } from '../issuers/judge.ts';
import { shown } from '../issuers/patterns.ts';
import { readJws, type UnverifiedJws } from '../issuers/signature.store.ts';
import { MALFORMED, type Trust } from '../issuers/trust.store.ts';
import { meantBy, ruleObstacle, tenantObstacle, type WorkloadClient } from './workload.ts';
import type { Workloads } from './workloads.store.ts';

/** What is said of one issuer, or of one client. `reason` and `sentence` null where nothing is in the way. */
type Line = { matches: boolean; reason: string | null; sentence: string | null };
export type Checked = {
  verdict: { ok: boolean; sentence: string; client: string | null };
  token: { alg: unknown; kid: unknown; typ: unknown; iss: unknown; sub: unknown; aud: unknown; iat: unknown; exp: unknown } | null;
  issuers: readonly (Line & { issuer: string; purpose: Purpose })[];
  clients: readonly (Line & { client: string; issuer: string })[];
};

export type CheckDeps = { trust: Pick<Trust, 'all' | 'examine' | 'vouch'>; workloads: Pick<Workloads, 'current'> };

const MAX_LINES = 200;

/**
 * The test box: per trusted issuer and client, the first thing in the way of a pasted JWT, by the code that judges real ones. Nothing is burnt,
 * stored or logged, and the signature is not given back.
 */
export async function checkAssertion(deps: CheckDeps, jwt: string, now: number): Promise<Checked> {
  const jws = readJws(jwt.trim());
  if (!jws.ok)
    return { verdict: { ok: false, sentence: MALFORMED[jws.error].sentence, client: null }, token: null, issuers: [], clients: [] };
  const issuers: Checked['issuers'][number][] = [];
  for (const issuer of deps.trust.all().filter((one) => one.preset !== 'aws_sts')) {
    for (const purpose of isNamed(issuer, jws.value) ? issuer.purposes : issuer.purposes.slice(0, 1)) {
      if (issuers.length >= MAX_LINES) break;
      issuers.push({ issuer: issuer.id, purpose, ...(await issuerLine(deps, jws.value, { issuer, purpose, now })) });
    }
  }
  const named = deps.trust.all().filter((issuer) => isNamed(issuer, jws.value));
  const clients = named.flatMap((issuer) => clientLines(deps.workloads.current().clients, issuer, jws.value));
  return { verdict: await verdictOf(deps, jws.value, now), token: shownOf(jws.value), issuers, clients: clients.slice(0, MAX_LINES) };
}

function isNamed(issuer: Issuer, jws: UnverifiedJws): boolean {
  const { iss, sub } = namesIn(jws.claims);
  const domain = trustDomainOf(issuer);
  return domain === undefined ? iss === issuer.issuer : sub?.startsWith(`${domain}/`) === true;
}

async function issuerLine({ trust }: CheckDeps, jws: UnverifiedJws, by: { issuer: Issuer; purpose: Purpose; now: number }): Promise<Line> {
  if (!isNamed(by.issuer, jws)) return lineOf({ reason: 'assertion_issuer', sentence: notNamed(by.issuer, jws) });
  const examined = await trust.examine(jws, by);
  return lineOf(examined.ok ? undefined : examined.error);
}

/** A slash or a scheme is what most often differs, and the eye does not see it. */
function notNamed({ issuer }: Issuer, { claims }: UnverifiedJws): string {
  const { iss, sub } = namesIn(claims);
  const folded = (text: string): string =>
    text
      .toLowerCase()
      .replace(/^https?:\/\//, '')
      .replace(/\/+$/, '');
  const near =
    iss !== undefined && folded(iss) === folded(issuer)
      ? ' They differ by a slash, the scheme or upper case only, and have to be the same to the letter.'
      : '';
  return issuer.startsWith('spiffe://')
    ? `sub is ${shown(sub)}, which is not of the trust domain ${issuer}.`
    : `iss is ${shown(iss)}, not ${shown(issuer)}.${near}`;
}

function clientLines(clients: readonly WorkloadClient[], issuer: Issuer, { claims }: UnverifiedJws): Checked['clients'][number][] {
  const of = { subject: namesIn(claims).sub ?? '', claims };
  const lines = clients.flatMap((client) =>
    client.rules
      .filter((rule) => rule.issuer === issuer.id)
      .map((rule) => ({ client: client.id, issuer: issuer.id, ...lineOf(ruleObstacle(rule, of) ?? tenantObstacle(issuer, client)) })),
  );
  return lines.toSorted((a, b) => Number(b.matches) - Number(a.matches));
}

function lineOf(obstacle: Obstacle | undefined): Line {
  return obstacle === undefined ? { matches: true, reason: null, sentence: null } : { matches: false, ...obstacle };
}

/** What the token endpoint would make of it now, in a sentence. */
async function verdictOf({ trust, workloads }: CheckDeps, jws: UnverifiedJws, now: number): Promise<Checked['verdict']> {
  const good: string[] = [];
  let client: string | null = null;
  let first: Obstacle | undefined;
  for (const purpose of ['client_assertion', 'jwt_bearer', 'id_jag'] as const) {
    const vouchers = await trust.vouch(jws, purpose, now);
    const meant = vouchers.ok && purpose !== 'id_jag' ? meantBy(workloads.current().index, vouchers.value, undefined) : vouchers;
    if (meant.ok && 'clientId' in meant.value) {
      client = meant.value.clientId;
      good.push(`${purpose === 'client_assertion' ? 'As a' : 'As an'} ${WORDS[purpose]} it stands for client ${client}.`);
    } else if (vouchers.ok && purpose !== 'client_assertion' && vouchers.value.some(({ issuer }) => issuer.users !== undefined)) {
      good.push(`As an ${WORDS[purpose]} it speaks of a person; the preview of its issuer says of whom.`);
    } else if (!meant.ok && meant.error.reason !== 'assertion_purpose') first ??= meant.error;
  }
  return good.length > 0
    ? { ok: true, sentence: good.join(' '), client }
    : { ok: false, sentence: first?.sentence ?? NOTHING, client: null };
}

const NOTHING = 'No trusted issuer takes it for anything.';

function shownOf({ header, claims }: UnverifiedJws): Checked['token'] {
  const { alg, kid, typ } = header;
  const { iss, sub, aud, iat, exp } = claims;
  return { alg, kid, typ, iss, sub, aud, iat, exp };
}
