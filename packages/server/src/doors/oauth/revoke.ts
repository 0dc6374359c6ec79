import { ACCESS_TOKEN_TYP } from '@writ/protocol';
import type { Db, Tx } from '../../base/db.ts';
import { digest, sameDigest } from '../../base/digest.ts';
import { originOf, type Inbound, type Reply } from '../../base/http/message.ts';
import { route, type Call, type Route } from '../../base/http/route.ts';
import { holdName } from '../../base/lock.ts';
import { ok } from '../../base/result.ts';
import { commitDeed, type Done } from '../../rooms/audit/deed.store.ts';
import type { EventDraft } from '../../rooms/audit/event.ts';
import type { Audit } from '../../rooms/audit/store.ts';
import type { Client } from '../../rooms/clients/client.ts';
import type { KeyRing } from '../../rooms/keys/ring.store.ts';
import { toAccessToken, type AccessToken } from '../../rooms/tokens/access.ts';
import { findFamily, stepsToCurrent } from '../../rooms/tokens/family.store.ts';
import { judgePresented, splitRefreshToken, type Family } from '../../rooms/tokens/family.ts';
import { isRevoked } from '../../rooms/tokens/revoked.store.ts';
import { malformed, readTokenQuery, refusedEntry, type CallerDeps } from './caller.ts';
import { takeBack } from './take-back.ts';

export type RevokeDeps = CallerDeps & {
  db: Db;
  audit: Audit;
  keys: Pick<KeyRing, 'verify'>;
  /** Key of the refresh secrets, by which an old secret is known as one of its family. */
  childKey: Buffer;
};

const REASON = 'revoked by its client';

/** `POST /oauth/revoke` (RFC 7009). 200 also for what is no token at all; only another client's token is refused, and stays as it was. */
export function revokeRoutes(deps: RevokeDeps): Route[] {
  return [
    route({
      method: 'POST',
      path: '/oauth/revoke',
      access: 'client',
      audit: ['token.revoked', 'signal.sent'],
      cors: 'any',
      summary: 'Give a token back: it is worth nothing from now on',
      handle: (call) => revoke(deps, call),
    }),
  ];
}

async function revoke(deps: RevokeDeps, call: Call): Promise<Reply> {
  const query = await readTokenQuery(deps, call, { type: 'token.revoked', secretOnly: false });
  if (!query.ok) return query.error;
  const { client, token } = query.value;
  const refresh = splitRefreshToken(token);
  if (refresh !== undefined) return revokeRefresh(deps, call, client, refresh);
  const verified = deps.keys.verify(token, { typ: ACCESS_TOKEN_TYP, now: call.now });
  const access = verified.ok ? toAccessToken(verified.value) : undefined;
  return access === undefined ? done() : revokeAccess(deps, call, client, access);
}

async function revokeAccess(deps: RevokeDeps, { request, now }: Call, client: Client, token: AccessToken): Promise<Reply> {
  const { jti, tenantId, expiresAt, agentId, userId, txn } = token;
  const target = { type: 'token', id: jti };
  if (token.clientId !== client.id) return notYours(deps, request, client, { tenant: tenantId, target, txn });
  const entry = revokedEntry(request, client, { tenant: tenantId, agent: agentId, user: userId, target, txn });
  await commitDeed(deps.audit, async (tx) => {
    await holdName(tx, `revoke ${jti}`);
    if (await isRevoked(tx, jti)) return ok(NOTHING);
    return ok(await ended(tx, entry, { tokens: [{ jti, expiresAt }], tenantId, clientId: client.id, request, now }));
  });
  return done();
}

/**
 * Ends the family and every access token of it that may still be alive. An earlier secret of the family does so too: whoever has it had the
 * family, and a client that lost an answer knows no better.
 */
async function revokeRefresh(
  deps: RevokeDeps,
  { request, now }: Call,
  client: Client,
  { familyId, secret }: { familyId: string; secret: string },
): Promise<Reply> {
  const family = await findFamily(deps.db, familyId);
  if (family === undefined) return done();
  const judged = judgePresented(family, {
    digest: digest(secret),
    clientId: client.id,
    now,
    same: sameDigest,
    stepsToCurrent: () => stepsToCurrent(deps.childKey, family, secret),
  });
  if (judged.kind === 'refused') {
    return judged.reason === 'client_mismatch'
      ? notYours(deps, request, client, { tenant: family.tenantId, target: targetOf(family), txn: family.facts.txn })
      : done();
  }
  const { tenantId, agentId, userId, facts } = family;
  const entry = revokedEntry(request, client, { tenant: tenantId, agent: agentId, user: userId, target: targetOf(family), txn: facts.txn });
  await commitDeed(deps.audit, async (tx) => {
    await holdName(tx, `revoke ${familyId}`);
    if ((await findFamily(tx, familyId))?.revokedAt !== undefined) return ok(NOTHING);
    return ok(await ended(tx, entry, { familyId, tenantId, clientId: client.id, request, now }));
  });
  return done();
}

const NOTHING: Done = { entries: [], changed: [] };

type Ending = Omit<Parameters<typeof takeBack>[1], 'reason' | 'origin'> & { request: Inbound };

async function ended(tx: Tx, entry: EventDraft, { request, ...of }: Ending): Promise<Done> {
  const { entries, changed } = await takeBack(tx, { ...of, reason: REASON, origin: originOf(request) });
  return { entries: [entry, ...entries], changed };
}

function targetOf({ id }: Family): { type: string; id: string } {
  return { type: 'family', id };
}

type About = { tenant: string | undefined; target: { type: string; id: string }; txn: string | undefined };

async function notYours(deps: RevokeDeps, request: Inbound, client: Client, about: About): Promise<Reply> {
  await deps.audit.record(refusedEntry('token.revoked', request, 'client_mismatch', client.id, about));
  return malformed(request, 'The token was issued to another client.');
}

function revokedEntry(
  request: Inbound,
  client: Client,
  { agent, user, ...about }: About & { agent: string | undefined; user: string | undefined },
): EventDraft {
  return {
    type: 'token.revoked',
    initiator: user === undefined ? 'agent' : 'agent-for-human',
    actor: { client: client.id, agent, user },
    outcome: 'success',
    reason: REASON,
    origin: originOf(request),
    ...about,
  };
}

/** RFC 7009 §2.2: the content of the answer means nothing. */
function done(): Reply {
  return { status: 200, headers: { 'cache-control': 'no-store', pragma: 'no-cache' } };
}
