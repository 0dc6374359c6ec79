import { createHash } from 'node:crypto';
import { z } from 'zod';
import type { Clock } from '../../base/clock.ts';
import type { Db } from '../../base/db.ts';
import { digest } from '../../base/digest.ts';
import { newSecret } from '../../base/ids.ts';
import { fail, ok, type Result } from '../../base/result.ts';
import type { SecretBox } from '../../base/secretbox.ts';
import type { EventOrigin } from '../audit/event.ts';
import type { Audit } from '../audit/store.ts';
import type { Obstacle } from '../issuers/issuer.ts';
import type { KeyRing } from '../keys/ring.store.ts';
import type { User } from '../users/user.ts';
import { readIdToken, readPageAnswer, withUserinfo, type Claims } from './answer.store.ts';
import { ATTEMPT_MS, authorizationRequest, externalRequest, REQUEST_TYP, type SignInAsk } from './ask.ts';
import { beginAttempt, journeyOfAttempt, takeAttempt, whyNot } from './attempt.store.ts';
import { ANY_TENANT, type ProviderBook } from './book.store.ts';
import { federationFailed } from './events.ts';
import { levelOf, type Level } from './level.ts';
import { noticeOf, type FederationNotice } from './notice.ts';
import { byOf, callbackOf, type ExternalPage, type OidcProvider, type StoredProvider } from './provider.ts';
import { openProviderSecret } from './store.ts';
import type { Upstream } from './upstream.store.ts';
import { whoIs } from './who.store.ts';

/** `turn`: of the page that they set out from. */
export type SetOut = { journeyId: string; browserDigest: string; turn: number; ask: SignInAsk; origin: EventOrigin };

/** What came back in the browser; each at most once. */
export type Callback = {
  state?: string | undefined;
  code?: string | undefined;
  response?: string | undefined;
  error?: string | undefined;
  iss?: string | undefined;
};

/**
 * `proven`: somebody is who they say. `back`: the journey goes on with a sentence. `refused`: what came back is not an answer to what was asked;
 * `journeyId` where it is this browser's own journey, so that there is a way to try again.
 */
export type Returned =
  | ({ kind: 'proven'; journeyId: string; turn: number; provider: StoredProvider; user: User; by: string } & Level)
  | { kind: 'back'; journeyId: string; turn: number; notice: FederationNotice }
  | { kind: 'refused'; reason: string; journeyId?: string };

export type Federation = {
  /** Sets out for a provider: where the browser goes now. */
  begin(way: string, of: SetOut): Promise<{ location: string } | { notice: FederationNotice }>;
  /** Back from it. `secretOf`: what this browser holds of a journey. */
  finish(of: {
    providerId: string;
    callback: Callback;
    secretOf(journeyId: string): string | undefined;
    origin: EventOrigin;
    /** Whether what nobody can be named for may still be written down. */
    mayRecord: boolean;
  }): Promise<Returned>;
};

export type FederationDeps = {
  db: Db;
  audit: Audit;
  clock: Clock;
  box: SecretBox;
  issuer: string;
  book: ProviderBook;
  /** By whose provider it is: what a tenant names is asked with less trust. */
  upstream(of: { tenant?: string }): Upstream;
  signer: KeyRing['signer'];
};

const kept = z.object({
  turn: z.number(),
  nonce: z.string(),
  verifier: z.string(),
  maxAge: z.number().optional(),
  since: z.number().optional(),
  /** As it was when they set out: a provider that was pointed elsewhere meanwhile gets no code of the old one. */
  issuer: z.string(),
  clientId: z.string(),
  tenant: z.string(),
});
type Kept = z.output<typeof kept>;

const contextOf = (stateDigest: string): string => `sso-attempt/${stateDigest}`;

function identityOf(provider: StoredProvider): Pick<Kept, 'issuer' | 'clientId' | 'tenant'> {
  return { issuer: provider.issuer, clientId: provider.type === 'oidc' ? provider.clientId : provider.url, tenant: provider.tenant ?? '' };
}

export function createFederation(deps: FederationDeps): Federation {
  return { begin: (way, of) => begin(deps, way, of), finish: (of) => finish(deps, of) };
}

async function begin(deps: FederationDeps, way: string, of: SetOut): Promise<{ location: string } | { notice: FederationNotice }> {
  const { db, book, clock, box, issuer } = deps;
  const provider = book.behind(way, of.ask.email);
  if (provider === undefined) return { notice: way === ANY_TENANT.way ? 'sso_unknown' : 'provider_unavailable' };
  const now = clock.now();
  const [state, nonce, verifier] = [newSecret(), newSecret(), newSecret()];
  const stateDigest = digest(state);
  const place = await placeOf(deps, provider, of, { state, nonce, verifier, now });
  if (!place.ok) {
    await deps.audit.record(federationFailed({ provider, reason: place.error, journey: of.journeyId, origin: of.origin }));
    return { notice: 'provider_unavailable' };
  }
  const secrets: Kept = {
    turn: of.turn,
    nonce,
    verifier,
    ...(of.ask.maxAge === undefined ? {} : { maxAge: of.ask.maxAge }),
    ...(of.ask.login ? { since: now } : {}),
    ...identityOf(provider),
  };
  await beginAttempt(db, {
    stateDigest,
    provider: provider.id,
    journeyId: of.journeyId,
    browserDigest: of.browserDigest,
    sealed: box.seal(JSON.stringify(secrets), contextOf(stateDigest)),
    until: now + ATTEMPT_MS,
  });
  return { location: place.value };

  async function placeOf(
    { upstream, signer }: FederationDeps,
    to: StoredProvider,
    { ask, journeyId }: SetOut,
    binding: { state: string; nonce: string; verifier: string; now: number },
  ): Promise<Result<string, string>> {
    const redirectUri = callbackOf(issuer, to.id);
    if (to.type === 'external') {
      const returnTo = `${redirectUri}?state=${binding.state}`;
      const request = externalRequest(to, ask, { issuer, journey: journeyId, nonce: binding.nonce, returnTo, now: binding.now });
      const url = new URL(to.url);
      url.searchParams.set('request', signer().sign(REQUEST_TYP, request));
      return ok(url.href);
    }
    const metadata = await upstream(to).metadata(to);
    if (!metadata.ok) return fail(metadata.error.reason);
    const challenge = createHash('sha256').update(binding.verifier).digest('base64url');
    return ok(authorizationRequest(to, metadata.value, ask, { redirectUri, state: binding.state, nonce: binding.nonce, challenge }));
  }
}

type Finishing = Parameters<Federation['finish']>[0];
/** What is known by the time an answer is read. */
type Answering = { provider: StoredProvider; journeyId: string; kept: Kept; callback: Callback; now: number };
/** `wrong`: no answer to what was asked. `notice`: an answer, and a no. */
type Fault = { reason: string; detail?: string; notice?: FederationNotice };

async function finish(deps: FederationDeps, of: Finishing): Promise<Returned> {
  const { db, audit, box, book, clock } = deps;
  const { state } = of.callback;
  const now = clock.now();
  if (state === undefined || !/^[\w-]{43}$/.test(state)) return refuseState(deps, of, 'no_state');
  const stateDigest = digest(state);
  const journey = await journeyOfAttempt(db, stateDigest);
  const secret = journey === undefined ? undefined : of.secretOf(journey);
  const presented = { stateDigest, provider: of.providerId, browserDigest: secret === undefined ? '' : digest(secret), now };
  const taken = await takeAttempt(db, presented);
  if (taken === undefined) return refuseState(deps, of, await whyNot(db, presented), secret === undefined ? undefined : journey);
  const { journeyId } = taken;
  const secrets = kept.parse(JSON.parse(box.open(taken.sealed, contextOf(stateDigest)).toString('utf8')));
  const provider = book.byId(of.providerId);
  const same =
    provider !== undefined && Object.entries(identityOf(provider)).every(([name, value]) => Reflect.get(secrets, name) === value);
  const failed = async (fault: Fault, user?: User, subject?: string): Promise<Returned> => {
    const entry = {
      provider: provider ?? of.providerId,
      reason: fault.reason,
      detail: fault.detail,
      journey: journeyId,
      origin: of.origin,
    };
    await audit.record(federationFailed({ ...entry, user: user?.id, subject }));
    return fault.notice === undefined
      ? { kind: 'refused', reason: fault.reason, journeyId }
      : { kind: 'back', journeyId, turn: secrets.turn, notice: fault.notice };
  };
  // Switched off, removed or pointed elsewhere while somebody was on the way (attack 172).
  if (provider === undefined || provider.state !== 'on' || !same) return failed({ reason: 'callback: provider_changed' });
  const answering: Answering = { provider, journeyId, kept: secrets, callback: of.callback, now };
  const claims = await readAnswer(deps, answering);
  if (!claims.ok) return failed(claims.error);
  const by = { initiator: 'human' as const, actor: {}, origin: of.origin };
  const who = await whoIs({ db, audit, domainsOf: (tenant) => book.domainsOf(tenant) }, { provider, claims: claims.value, now, by });
  const subject = typeof claims.value['sub'] === 'string' ? claims.value['sub'] : undefined;
  if (!who.ok)
    return failed({ reason: who.error.reason, detail: who.error.sentence, notice: noticeOf(who.error.reason) }, undefined, subject);
  const { user } = who.value;
  if (user.state !== 'active') return failed({ reason: `user is ${user.state}`, notice: 'frozen' }, user, subject);
  return {
    kind: 'proven',
    journeyId,
    turn: secrets.turn,
    provider,
    user,
    by: byOf(provider),
    ...levelOf(provider, claims.value, secrets.maxAge),
  };
}

/** What cannot be told from noise is written down within bounds; an attempt that is known always is (attack 163). */
async function refuseState({ audit }: FederationDeps, of: Finishing, why: string, journeyId?: string): Promise<Returned> {
  const isNoise = why === 'no_state' || why === 'unknown_state';
  const reason = `callback: ${why}`;
  if (!isNoise || of.mayRecord)
    await audit.record(federationFailed({ provider: of.providerId, reason, journey: journeyId, origin: of.origin }));
  return { kind: 'refused', reason, ...(journeyId === undefined ? {} : { journeyId }) };
}

function readAnswer(deps: FederationDeps, of: Answering): Promise<Result<Claims, Fault>> {
  return of.provider.type === 'oidc' ? oidcAnswer(deps, of, of.provider) : pageAnswer(deps, of, of.provider);
}

const asFault = ({ reason, sentence }: Obstacle): Fault => ({ reason, detail: sentence });

async function oidcAnswer(
  { db, box, issuer, ...deps }: FederationDeps,
  { callback, kept: secrets, now }: Answering,
  provider: OidcProvider,
): Promise<Result<Claims, Fault>> {
  const upstream = deps.upstream(provider);
  const found = await upstream.metadata(provider);
  if (!found.ok) return fail({ reason: found.error.reason, notice: 'provider_unavailable' });
  const metadata = found.value;
  // RFC 9207 §2.4: before anything else of the answer is looked at, also of an error. A provider that says it and does not is another one.
  if (callback.iss === undefined ? metadata.saysIss : callback.iss !== provider.issuer) return fail({ reason: 'callback: other_issuer' });
  if (callback.error !== undefined) return fail(errorFault(callback.error));
  if (callback.code === undefined || callback.code === '') return fail({ reason: 'callback: no_code' });
  const secret = await openProviderSecret(db, box, provider.id);
  const code = { code: callback.code, redirectUri: callbackOf(issuer, provider.id), verifier: secrets.verifier, secret };
  const tokens = await upstream.redeem(provider, metadata, code);
  if (!tokens.ok)
    return fail({ reason: tokens.error.reason, notice: tokens.error.kind === 'unavailable' ? 'provider_unavailable' : 'provider_failed' });
  const { idToken, accessToken } = tokens.value;
  const here = { audience: provider.clientId, nonce: secrets.nonce, now, maxAge: secrets.maxAge, since: secrets.since };
  const claims = await readIdToken(upstream, { provider, metadata, idToken }, here);
  if (!claims.ok) return fail(asFault(claims.error));
  const whole = await withUserinfo(upstream, { provider, metadata, accessToken, claims: claims.value });
  return whole.ok ? whole : fail(asFault(whole.error));
}

async function pageAnswer(
  { db, box, upstream, issuer }: FederationDeps,
  { callback, kept: secrets, now }: Answering,
  page: ExternalPage,
): Promise<Result<Claims, Fault>> {
  if (callback.error !== undefined) return fail(errorFault(callback.error));
  if (callback.response === undefined) return fail({ reason: 'callback: no_response' });
  const secret = await openProviderSecret(db, box, page.id);
  const here = { audience: issuer, nonce: secrets.nonce, now, maxAge: secrets.maxAge, since: secrets.since };
  const claims = await readPageAnswer(upstream(page).keys, { page, response: callback.response, secret }, here);
  return claims.ok ? claims : fail(asFault(claims.error));
}

/** Whoever says no over there may choose another way here; what they said is kept as a word, never shown. */
function errorFault(error: string): Fault {
  const word = /^[\x20-\x7e]{1,60}$/.test(error) ? error : 'unreadable';
  return { reason: `provider: ${word}`, notice: error === 'access_denied' ? 'provider_denied' : 'provider_failed' };
}
