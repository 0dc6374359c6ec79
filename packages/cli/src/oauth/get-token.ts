import { textAt } from '../json.ts';
import { Refused } from '../refused.ts';
import type { Terminal } from '../terminal/terminal.ts';
import { readSecret } from '../terminal/secret.ts';
import { loginByBrowser } from './browser.ts';
import { discover, postForm } from './hub-metadata.ts';
import type { HubMetadata } from './hub-metadata.ts';
import { keptTokens } from './kept.ts';
import type { Kept } from './kept.ts';

export type TokenWish = {
  client?: string;
  secret?: string;
  resource?: string;
  scope?: string[];
  tenant?: string;
  keep?: boolean;
  open: boolean;
};

/** Gets a token: as the client itself where a secret is given, else for a person by browser. Answers the token response (RFC 6749 §5.1). */
export async function getToken(url: string, wish: TokenWish, to: Terminal): Promise<unknown> {
  if (wish.secret === undefined) return forPerson(await discover(url), wish, to, keptTokens(to.env));
  if (wish.client === undefined) throw new Refused('A secret belongs to a client: name it with --client.', 2);
  const basic = { id: wish.client, secret: await readSecret(wish.secret, to) };
  return asItself(await discover(url), wish, basic);
}

function asItself(hub: HubMetadata, { resource, scope, tenant }: TokenWish, basic: { id: string; secret: string }): Promise<unknown> {
  return postForm(hub.tokenEndpoint, { grant_type: 'client_credentials', resource, scope: scope?.join(' '), tenant }, { basic });
}

async function forPerson(hub: HubMetadata, wish: TokenWish, to: Terminal, kept: Kept): Promise<unknown> {
  const scope = wish.scope?.join(' ');
  const clientId = wish.client ?? (await ownClient(hub, kept));
  const key = [hub.issuer, clientId, wish.resource ?? '', scope ?? '', wish.tenant ?? ''];
  const refreshed = wish.keep === true ? await refresh(hub, clientId, kept.get(...key), to) : undefined;
  const answer =
    refreshed ?? (await loginByBrowser(hub, to, { clientId, resource: wish.resource, scope, tenant: wish.tenant, open: wish.open }));
  const next = textAt(answer, 'refresh_token');
  if (wish.keep === true && next !== undefined) kept.set(next, ...key);
  return answer;
}

/** A kept refresh token that is no longer good is not an error: the browser opens. */
async function refresh(hub: HubMetadata, clientId: string, token: string | undefined, to: Terminal): Promise<unknown> {
  if (token === undefined) return undefined;
  try {
    return await postForm(hub.tokenEndpoint, { grant_type: 'refresh_token', refresh_token: token, client_id: clientId });
  } catch (error) {
    if (!(error instanceof Refused)) throw error;
    to.note(`The kept login is no longer good (${error.message}).`);
    return undefined;
  }
}

/** This program's own registration at the hub (RFC 7591), made once and remembered. */
async function ownClient(hub: HubMetadata, kept: Kept): Promise<string> {
  const known = kept.get(hub.issuer, 'client');
  if (known !== undefined) return known;
  if (hub.registrationEndpoint === undefined) throw new Refused('This hub registers no clients by itself: name one with --client.');
  const answer = await fetch(hub.registrationEndpoint, {
    method: 'POST',
    headers: { 'content-type': 'application/json' },
    body: JSON.stringify({
      client_name: 'Command line',
      redirect_uris: ['http://127.0.0.1/callback'],
      grant_types: ['authorization_code', 'refresh_token'],
      response_types: ['code'],
      token_endpoint_auth_method: 'none',
    }),
    redirect: 'error',
  });
  const id = textAt(await answer.json().catch(() => undefined), 'client_id');
  if (id === undefined) throw new Refused('The hub did not register this program as a client: name one with --client.');
  kept.set(id, hub.issuer, 'client');
  return id;
}
