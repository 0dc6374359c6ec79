import type { Database } from '../../base/db.ts';
import { digest } from '../../base/digest.ts';
import { newId, newSecret } from '../../base/ids.ts';
import { fail, ok, type Result } from '../../base/result.ts';
import type { SecretBox } from '../../base/secretbox.ts';
import type { EventOrigin } from '../audit/event.ts';
import type { Audit } from '../audit/store.ts';
import type { Client } from '../clients/client.ts';
import { parseEmail } from '../users/email.ts';
import type { Post } from '../users/post.store.ts';
import { findUser, findUserByEmail } from '../users/store.ts';
import type { User } from '../users/user.ts';
import { pendingRequested, rateLimited } from './events.ts';
import type { Allowances } from './limits.store.ts';
import { askedMail } from './mails.ts';
import { POLL_SECONDS, type Pending, type PendingRequest } from './pending.ts';
import { insertPending } from './pending.store.ts';
import { NOTICE_CONTEXT } from './ping.store.ts';

/** CIBA §7.3. Seconds. */
export type Acknowledgement = { authReqId: string; expiresIn: number; interval: number };

export type BackchannelAsk = {
  client: Client;
  request: PendingRequest;
  /** Who is meant: an e-mail address or user id (`login_hint`), or the subject of an id_token of ours. */
  hint: { login: string } | { subject: string };
  /** Ping mode: what the client wants to be rung with. */
  notificationToken?: string | undefined;
  /** Seconds. */
  expiresIn: number;
  /** Where the hint names nobody: say so, or answer as for everybody and let nobody ever answer. */
  tellUnknown: boolean;
  origin: EventOrigin;
  now: number;
};

export type Backchannel = { ask(of: BackchannelAsk): Promise<Result<Acknowledgement, 'too_many' | 'unknown_user'>> };

export type BackchannelDeps = {
  database: Database;
  audit: Audit;
  allowances: Allowances;
  box: SecretBox;
  post: Pick<Post, 'send'>;
  issuer: string;
  product?: string;
};

export function createBackchannel(deps: BackchannelDeps): Backchannel {
  return { ask: (of) => ask(deps, of) };
}

async function ask(deps: BackchannelDeps, of: BackchannelAsk): Promise<Result<Acknowledgement, 'too_many' | 'unknown_user'>> {
  const { client, request, now, origin } = of;
  const named = namedBy(of);
  const meant = await personMeant(deps, of, named);
  // Counted by the hint, whether it names somebody or not; by the person alone the limit would tell them apart, one spelling after another (attack 054).
  const bothered = !(await deps.allowances.mayAsk({ clientId: client.id, whom: `hint ${named.emailKey ?? named.id}`, now }));
  // Somebody with several names is asked no oftener for it. Who asks is not told, for that would say whose names they are; nor does it take longer.
  const person = meant === undefined ? `nobody ${named.id}` : `user ${meant.id}`;
  const spared = !bothered && !(await deps.allowances.mayAsk({ clientId: client.id, whom: person, now }));
  if (bothered || spared) await deps.audit.record(rateLimited({ clientId: client.id, user: meant?.id, kind: 'ciba', origin }));
  if (bothered || (spared && of.tellUnknown)) return fail('too_many');
  const user = spared ? undefined : meant;
  if (user === undefined && of.tellUnknown) return fail('unknown_user');
  const authReqId = newSecret();
  const pending: Pending = {
    id: newId('ask', now),
    kind: 'ciba',
    ...(user === undefined ? {} : { userId: user.id }),
    request,
    state: 'pending',
    createdAt: now,
    expiresAt: now + of.expiresIn * 1000,
  };
  const notice =
    of.notificationToken === undefined
      ? undefined
      : deps.box.seal(JSON.stringify({ authReqId, token: of.notificationToken }), NOTICE_CONTEXT(pending.id));
  await deps.audit.commit(async (tx) => {
    await insertPending(tx, { pending, secretDigest: digest(authReqId), notice });
    return { value: undefined, entries: [pendingRequested(pending, origin, { known: user !== undefined })] };
  });
  if (user !== undefined) deps.post.send(user.email, mailOf(deps, client, pending, of.expiresIn));
  return ok({ authReqId, expiresIn: of.expiresIn, interval: POLL_SECONDS });
}

type Named = { id: string; emailKey: string | undefined };

function namedBy({ hint }: BackchannelAsk): Named {
  return 'login' in hint ? { id: hint.login, emailKey: parseEmail(hint.login)?.key } : { id: hint.subject, emailKey: undefined };
}

/** Somebody who is stopped, or in none of the tenants that the client is bound to, is nobody to this client. */
async function personMeant({ database: { db } }: BackchannelDeps, { client }: BackchannelAsk, of: Named): Promise<User | undefined> {
  const { id, emailKey } = of;
  const user = emailKey === undefined ? await findUser(db, id) : await findUserByEmail(db, emailKey);
  if (user?.state !== 'active') return undefined;
  const shared = client.tenants.length === 0 || user.tenants.some((tenant) => client.tenants.includes(tenant.id));
  return shared ? user : undefined;
}

function mailOf({ issuer, product = 'Writ' }: BackchannelDeps, client: Client, pending: Pending, expiresIn: number) {
  return askedMail(product, {
    client: client.status === 'verified' ? client.name : undefined,
    link: `${issuer}/account/approvals/${pending.id}`,
    minutes: Math.max(1, Math.floor(expiresIn / 60)),
  });
}
