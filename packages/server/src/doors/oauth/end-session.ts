import { ID_TOKEN_TYP } from '@writ/protocol';
import { fail, ok, type Result } from '../../base/result.ts';
import type { Client } from '../../rooms/clients/client.ts';
import type { ClientDirectory } from '../../rooms/clients/directory.store.ts';
import { matchRedirect } from '../../rooms/clients/redirect.ts';
import type { KeyRing } from '../../rooms/keys/ring.store.ts';
import { parseParameters } from './form.ts';

/** Parameters of OpenID Connect RP-Initiated Logout §2 that we read; the others are ignored. */
const PARAMETERS = ['id_token_hint', 'client_id', 'post_logout_redirect_uri', 'state'] as const;

/** A request to end a session, judged. */
export type EndSession = {
  /** As sent, for a page that asks back and for the way from POST to GET. */
  sent: Readonly<Record<string, string>>;
  /** Whom the hint speaks of; undefined: no hint, or none of ours. */
  hintedUser: string | undefined;
  client: Client | undefined;
  /** Where the browser goes afterwards: one of the client's own redirect URIs, with `state` in its query. */
  goTo: string | undefined;
};

export type EndSessionDeps = { keys: Pick<KeyRing, 'verify'>; clients: ClientDirectory };

/**
 * Reads the request; the error is a sentence for the page. An address that is not the client's is refused altogether: whoever sends people here
 * with a wrong one is not the app it claims to be, or is broken.
 */
export async function readEndSession(deps: EndSessionDeps, text: string, now: number): Promise<Result<EndSession, string>> {
  const form = parseParameters(text);
  if (!form.ok) return fail(form.error.sentence);
  const sent: Record<string, string> = {};
  for (const name of PARAMETERS) {
    const value = form.value.get(name);
    if (value !== undefined) sent[name] = value;
  }
  const hint = hintIn(deps, sent['id_token_hint'], now);
  const clientId = sent['client_id'] ?? hint?.clientId;
  if (hint !== undefined && hint.clientId !== clientId) return fail('The id_token_hint was made for another app.');
  const wanted = sent['post_logout_redirect_uri'];
  const common = { sent, hintedUser: hint?.user };
  if (wanted === undefined && clientId === undefined) return ok({ ...common, client: undefined, goTo: undefined });
  const found = clientId === undefined ? undefined : await deps.clients.find(clientId);
  const client = found?.ok === true && found.value.state === 'active' ? found.value : undefined;
  if (wanted === undefined) return ok({ ...common, client, goTo: undefined });
  if (client === undefined) return fail('The address to return to cannot be checked, because nobody knows the app that sent you.');
  if (!matchRedirect(client.redirectUris, wanted)) return fail('The address to return to is not one of the app that sent you.');
  return ok({ ...common, client, goTo: withState(wanted, sent['state']) });
}

/** A hint is an id_token of ours, however old. It only ever says who is meant; it is no proof of anything. */
function hintIn({ keys }: EndSessionDeps, hint: string | undefined, now: number): { user: string; clientId: string } | undefined {
  if (hint === undefined) return undefined;
  const read = keys.verify(hint, { typ: ID_TOKEN_TYP, now, leewayMs: Number.POSITIVE_INFINITY });
  if (!read.ok) return undefined;
  const { sub, aud } = read.value;
  return typeof sub === 'string' && typeof aud === 'string' ? { user: sub, clientId: aud } : undefined;
}

/** The registered address to the letter, `state` behind its own query. */
function withState(uri: string, state: string | undefined): string {
  if (state === undefined) return uri;
  return `${uri}${uri.includes('?') ? '&' : '?'}state=${encodeURIComponent(state)}`;
}
