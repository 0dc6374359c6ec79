import { createHash } from 'node:crypto';
import { z } from 'zod';
import type { Clock } from '../../base/clock.ts';
import type { Database } from '../../base/db.ts';
import { digest } from '../../base/digest.ts';
import { newSecret } from '../../base/ids.ts';
import { fail, ok, type Result } from '../../base/result.ts';
import type { SecretBox } from '../../base/secretbox.ts';
import type { Author } from '../audit/author.ts';
import type { EventDraft, EventOrigin } from '../audit/event.ts';
import type { Audit } from '../audit/store.ts';
import type { User } from '../users/user.ts';
import type { Role } from '../tenants/tenant.ts';
import type { Connection } from './connection.ts';
import { ATTEMPT_MS, labelOf, scopesToAsk, strangerTo, type ConnectLink, type Stranger } from './connect.ts';
import type { ConnectLinks } from './connect.store.ts';
import { ownerWords, type Credential, type Secret } from './credential.ts';
import { findFor } from './credential.store.ts';
import { credentialEntry } from './events.ts';
import { authorizationUrl, callbackUri, codeParams, isFrom, type CallbackParams, type OAuthServer } from './oauth-client.ts';
import type { Providers } from './provider.store.ts';
import { aheadAt } from './refresh.ts';
import type { Servers } from './servers.store.ts';
import { beginAttempt, takeAttempt, useLink, whyNot } from './session.store.ts';
import { grantedOf, safeWords, saidOf, type ProviderTokens } from './token-answer.ts';
import type { Vault } from './vault.store.ts';

/** Who sits there: signed in at the hub, in which browser. */
export type Sitting = { user: User; browser: string; origin: EventOrigin };

/** `stranger`: the link is not for this person. The words of the others may be shown. */
export type ConnectFault =
  | { kind: 'over' }
  | { kind: 'stranger'; why: Stranger }
  | { kind: 'provider'; reason: string; words: string; retry?: string };

export type Connected = {
  link: ConnectLink;
  connection: Connection;
  credential: Credential;
  /** Asked for and not given. */ missing: readonly string[];
};

export type Connecting = {
  /** The link, for whom it is for. Refusals are recorded. */
  open(token: string, sitting: Omit<Sitting, 'browser'>): Promise<Result<{ link: ConnectLink; connection: Connection }, ConnectFault>>;
  /** What there is in the place that the link leads to. */
  before(link: Pick<ConnectLink, 'connection' | 'owner' | 'label'>): Promise<Credential | undefined>;
  /** Sets out for the provider: where the browser goes now. */
  begin(token: string, sitting: Sitting, label?: string): Promise<Result<{ location: string }, ConnectFault>>;
  /** Back from the provider. */
  finish(connectionId: string, params: CallbackParams, sitting: Sitting): Promise<Result<Connected, ConnectFault>>;
  /** Stores what a link led to, and spends the link. Undefined: it was spent before. */
  keep(of: Keeping, sitting: Omit<Sitting, 'browser'>): Promise<Credential | undefined>;
};

export type Keeping = {
  link: ConnectLink;
  secret: Secret;
  label: string;
  granted: readonly string[];
  asked: readonly string[];
  expiresAt?: number | undefined;
};

export type ConnectingDeps = {
  database: Database;
  audit: Audit;
  clock: Clock;
  box: SecretBox;
  issuer: string;
  vault: Vault;
  links: ConnectLinks;
  servers: Servers;
  providers: Providers;
  roles(): readonly Role[];
};

const ATTEMPT_CONTEXT = (id: string): string => `connect-attempt/${id}`;
const attemptShape = z.object({
  token: z.string(),
  verifier: z.string(),
  asked: z.array(z.string()),
  label: z.string(),
  /** Of the server that they were sent to, where the connection itself does not say which. */
  issuer: z.string().optional(),
});

export function createConnecting(deps: ConnectingDeps): Connecting {
  const { clock, box } = deps;
  const db = deps.database.db;

  const open: Connecting['open'] = async (token, { user, origin }) => {
    const found = await deps.links.read(token);
    if (found === undefined) return fail({ kind: 'over' });
    const why = strangerTo(found.link, user, deps.roles());
    if (why === undefined) return ok(found);
    await deps.audit.record(refusedEntry(found.link, user, origin, why));
    return fail({ kind: 'stranger', why });
  };

  const before: Connecting['before'] = async ({ connection, owner, label }) =>
    (await findFor(db, { connection, owners: [owner], label }))?.credential;

  return {
    open,
    before,
    async begin(token, sitting, named) {
      const opened = await open(token, sitting);
      if (!opened.ok) return opened;
      const { link, connection } = opened.value;
      const server = await deps.servers.forConnecting(connection);
      if (!server.ok) return fail({ kind: 'provider', ...server.error });
      const { authorizationUrl: place } = server.value;
      if (place === undefined) return fail({ kind: 'provider', reason: 'not_configured', words: 'It is not set up completely.' });
      const label = labelOf(link, named);
      const there = await before({ ...link, label });
      const asked = askedAt(server.value, connection, link, there);
      const [state, verifier] = [newSecret(), newSecret()];
      const begun = await beginAttempt(db, {
        id: link.id,
        connection: connection.id,
        person: sitting.user.id,
        stateDigest: digest(state),
        browserDigest: digest(sitting.browser),
        sealed: box.seal(JSON.stringify({ token, verifier, asked, label, issuer: server.value.issuer }), ATTEMPT_CONTEXT(link.id)),
        until: clock.now() + ATTEMPT_MS,
        expiresAt: link.expiresAt,
      });
      if (!begun) return fail({ kind: 'over' });
      const challenge = createHash('sha256').update(verifier).digest('base64url');
      const redirectUri = callbackUri(deps.issuer, connection.id);
      const location = authorizationUrl(
        { ...server.value, authorizationUrl: place },
        { redirectUri, state, challenge, scopes: asked, again: there !== undefined },
      );
      return ok({ location });
    },
    finish: (connectionId, params, sitting) => finish(deps, open, { connectionId, params, sitting }),
    keep: (of, sitting) => keep(deps, of, sitting),
  };
}

function askedAt(server: OAuthServer, connection: Connection, link: ConnectLink, there: Credential | undefined): string[] {
  const asked = scopesToAsk(connection, link, there?.granted ?? []);
  return asked.length === 0 ? [...(server.suggestedScopes ?? [])] : asked;
}

type Coming = { connectionId: string; params: CallbackParams; sitting: Sitting };

async function finish(
  deps: ConnectingDeps,
  open: Connecting['open'],
  { connectionId, params, sitting }: Coming,
): Promise<Result<Connected, ConnectFault>> {
  const { user, browser, origin } = sitting;
  const db = deps.database.db;
  const presented = {
    stateDigest: digest(params.state ?? ''),
    connection: connectionId,
    browserDigest: digest(browser),
    person: user.id,
    now: deps.clock.now(),
  };
  const taken = await takeAttempt(db, presented);
  if (taken === undefined) {
    await deps.audit.record(callbackRefused(connectionId, user, origin, await whyNot(db, presented)));
    return fail({ kind: 'over' });
  }
  const { token, verifier, asked, label, issuer } = attemptShape.parse(
    JSON.parse(deps.box.open(taken.sealed, ATTEMPT_CONTEXT(taken.id)).toString('utf8')),
  );
  // Once more, because people lose roles and connections are frozen while somebody is at the provider.
  const opened = await open(token, sitting);
  if (!opened.ok) return opened;
  const { link, connection } = opened.value;
  const wrong = (reason: string, words: string): Result<Connected, ConnectFault> => fail({ kind: 'provider', reason, words, retry: token });
  // The one that they were sent to, whatever the MCP server says by now: a code goes nowhere else (RFC 9700 §4.4).
  const server = await deps.servers.ofSecret(connection, {
    kind: 'oauth',
    accessToken: '',
    ...(issuer === undefined ? {} : { extra: { issuer } }),
  });
  if (!server.ok) return wrong(server.error.reason, server.error.words);
  if (!isFrom(server.value, params.iss)) {
    await deps.audit.record(callbackRefused(connectionId, user, origin, 'other_issuer'));
    return wrong('other_issuer', 'The answer did not come from the provider that you were sent to.');
  }
  if (params.error !== undefined || params.code === undefined) {
    const words = safeWords([params.error ?? 'no code', params.description]);
    await deps.audit.record(callbackRefused(connectionId, user, origin, words));
    return wrong(params.error === 'access_denied' ? 'access_denied' : 'provider_refused', words);
  }
  const redirectUri = callbackUri(deps.issuer, connectionId);
  const answer = await deps.providers.token(server.value, codeParams(server.value, { code: params.code, redirectUri, verifier }));
  if (answer.kind !== 'tokens') {
    const reason = answer.kind === 'unavailable' ? answer.reason : answer.error;
    await deps.audit.record(callbackRefused(connectionId, user, origin, reason));
    return wrong(reason, answer.words);
  }
  return accept(deps, { link, connection, server: server.value, tokens: answer.tokens, asked, label }, sitting);
}

type Accepting = {
  link: ConnectLink;
  connection: Connection;
  server: OAuthServer;
  tokens: ProviderTokens;
  asked: readonly string[];
  label: string;
};

async function accept(deps: ConnectingDeps, of: Accepting, sitting: Sitting): Promise<Result<Connected, ConnectFault>> {
  const { link, connection, server, tokens, asked, label } = of;
  const granted = grantedOf(asked, saidOf(tokens, tokens.refreshToken !== undefined), server.quirks);
  const { accessToken, refreshToken, expiresAt } = tokens;
  const secret: Secret = {
    kind: 'oauth',
    accessToken,
    ...(refreshToken === undefined ? {} : { refreshToken }),
    ...(connection.type === 'mcp' && server.issuer !== undefined ? { extra: { issuer: server.issuer } } : {}),
  };
  const credential = await keep(deps, { link, secret, label, granted, asked, expiresAt }, sitting);
  if (credential === undefined) {
    // Somebody was first with this link: what we got is nobody's, so it is given back.
    await deps.providers.revoke(server, { accessToken, refreshToken });
    return fail({ kind: 'over' });
  }
  return ok({ link, connection, credential, missing: asked.filter((scope) => !granted.includes(scope)) });
}

async function keep(deps: ConnectingDeps, of: Keeping, { user, origin }: Omit<Sitting, 'browser'>): Promise<Credential | undefined> {
  const { link, secret, granted, asked, expiresAt } = of;
  const by: Author = { initiator: 'human', actor: { user: user.id }, origin };
  const now = deps.clock.now();
  const refreshAt = expiresAt === undefined ? undefined : aheadAt({ expiresAt, refreshedAt: now }, link.id);
  try {
    return await deps.audit.commit(async (tx) => {
      const spent = await useLink(tx, { id: link.id, connection: link.connection, person: user.id, expiresAt: link.expiresAt, now });
      if (!spent) throw new Spent();
      const { connection, owner } = link;
      const put = { connection, owner, label: of.label, secret, granted, asked, expiresAt, refreshAt, origin: 'connect' as const };
      const { value, entries, changed } = await deps.vault.put(tx, put, by);
      // The same key again: nothing changed in the vault, and still somebody used a link.
      const [first = credentialEntry('credential.stored', value, { by, data: { deed: 'unchanged' } }), ...rest] = entries;
      return { value, entries: [first, ...rest], changed };
    });
  } catch (error) {
    if (error instanceof Spent) return undefined;
    throw error;
  }
}

class Spent extends Error {}

function refusedEntry(link: ConnectLink, user: User, origin: EventOrigin, why: Stranger): EventDraft {
  return {
    tenant: link.owner.tenant,
    type: 'credential.refused',
    initiator: 'human',
    actor: { user: user.id, client: link.client },
    target: { type: 'connection', id: link.connection },
    outcome: 'refused',
    reason: `connect_${why}`,
    origin,
    data: { owner: ownerWords(link.owner), link: link.id },
  };
}

function callbackRefused(connectionId: string, user: User, origin: EventOrigin, why: string): EventDraft {
  return {
    type: 'credential.refused',
    initiator: 'human',
    actor: { user: user.id },
    target: { type: 'connection', id: connectionId },
    outcome: 'refused',
    reason: `connect_callback: ${why}`,
    origin,
  };
}
