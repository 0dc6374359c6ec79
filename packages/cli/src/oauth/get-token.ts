import { CLIENT_ASSERTION_TYPE } from '@writ/protocol';
import { numberAt, textAt } from '../json.ts';
import { Refused } from '../refused.ts';
import type { Terminal } from '../terminal/terminal.ts';
import { readSecret } from '../terminal/secret.ts';
import { loginByBrowser } from './browser.ts';
import { loginByDevice } from './device.ts';
import { discover, postForm } from './hub-metadata.ts';
import type { Form, HubMetadata, Sender } from './hub-metadata.ts';
import { keptTokens } from './kept.ts';
import type { Kept, KeptLogin } from './kept.ts';
import { ownClient } from './own-client.ts';

/** How a client that can keep a secret proves itself. */
export type ProofWish = { client?: string; secret?: string; assertion?: string };

export type TokenWish = ProofWish & {
  resource?: string;
  scope?: string[];
  tenant?: string;
  keep: boolean;
  login?: boolean;
  device?: boolean;
  open: boolean;
};

/** Gets a token: as the client itself where it can prove itself, else for a person. Answers the token response (RFC 6749 §5.1). */
export async function getToken(url: string, wish: TokenWish, to: Terminal): Promise<unknown> {
  const proof = await proofOf(wish, to);
  const hub = await discover(url);
  if (proof === undefined) return forPerson(hub, wish, to, keptTokens(to.env));
  const { resource, scope, tenant } = wish;
  const form = { grant_type: 'client_credentials', resource, scope: scope?.join(' '), tenant };
  return postForm(hub.tokenEndpoint, { ...form, ...proof.form }, proof.by);
}

/** What goes with a request to prove the client; undefined when nothing was given to prove it with. */
export async function proofOf({ client, secret, assertion }: ProofWish, to: Terminal): Promise<{ form: Form; by: Sender } | undefined> {
  if (secret === undefined && assertion === undefined) return undefined;
  if (secret !== undefined && assertion !== undefined) throw new Refused('Either --secret or --assertion, not both.', 2);
  if (client === undefined) throw new Refused('A secret or an assertion belongs to a client: name it with --client.', 2);
  if (secret !== undefined) return { form: {}, by: { basic: { id: client, secret: await readSecret(secret, to) } } };
  const jwt = await readSecret(assertion ?? '', to);
  return { form: { client_id: client, client_assertion_type: CLIENT_ASSERTION_TYPE, client_assertion: jwt }, by: {} };
}

async function forPerson(hub: HubMetadata, wish: TokenWish, to: Terminal, kept: Kept): Promise<unknown> {
  const { resource, tenant } = wish;
  const scope = wish.scope?.join(' ');
  const keyOf = (clientId: string): string[] => [hub.issuer, clientId, resource ?? '', scope ?? '', tenant ?? ''];
  const knownClient = wish.client ?? kept.registration(hub.issuer)?.id;
  const isKept = wish.keep && wish.login !== true && knownClient !== undefined;
  const before = isKept ? await again(hub, knownClient, kept.login(keyOf(knownClient)), to) : undefined;
  if (before !== undefined) return remembered(wish, kept, keyOf(knownClient ?? ''), before);
  const clientId = wish.client ?? (await ownClient(hub, kept));
  const login = { clientId, resource, scope, tenant, open: wish.open };
  const answer = wish.device === true ? await loginByDevice(hub, to, login) : await loginByBrowser(hub, to, login);
  return remembered(wish, kept, keyOf(clientId), answer);
}

function remembered({ keep }: TokenWish, kept: Kept, key: readonly string[], answer: unknown): unknown {
  if (keep) {
    const lifetime = numberAt(answer, 'expires_in');
    kept.keep(key, {
      accessToken: textAt(answer, 'access_token'),
      // RFC 6749 §6: an answer without a refresh token leaves the old one in use.
      refreshToken: textAt(answer, 'refresh_token') ?? kept.login(key)?.refreshToken,
      expiresAt: lifetime === undefined ? undefined : Date.now() + lifetime * 1_000,
      scope: textAt(answer, 'scope'),
    });
  }
  return answer;
}

/** Seconds a kept access token must still be good for. */
const ENOUGH_S = 30;

/**
 * A token without another login: by the refresh token, so that the hub has its say each time; where there is none, the access token while it is
 * good. A login that is over is not an error: the browser opens.
 */
async function again(hub: HubMetadata, clientId: string, login: KeptLogin | undefined, to: Terminal): Promise<unknown> {
  if (login?.refreshToken === undefined) return stillGood(login);
  try {
    return await postForm(hub.tokenEndpoint, { grant_type: 'refresh_token', refresh_token: login.refreshToken, client_id: clientId });
  } catch (error) {
    if (!(error instanceof Refused)) throw error;
    to.note(`The kept login is no longer good (${error.message}).`);
    return undefined;
  }
}

function stillGood(login: KeptLogin | undefined): unknown {
  const left = Math.floor(((login?.expiresAt ?? 0) - Date.now()) / 1_000);
  if (login?.accessToken === undefined || left < ENOUGH_S) return undefined;
  return { access_token: login.accessToken, token_type: 'Bearer', expires_in: left, scope: login.scope };
}
