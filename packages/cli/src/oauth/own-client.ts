import { GRANT_TYPES } from '@writ/protocol';
import { isSafeForSecrets } from '../hub/target.ts';
import { parseJson, textAt } from '../json.ts';
import { Refused } from '../refused.ts';
import { reach } from './hub-metadata.ts';
import type { HubMetadata } from './hub-metadata.ts';
import type { Kept, Registration } from './kept.ts';

/** This program's own registration at the hub (RFC 7591): made once and remembered, and made anew when the hub has forgotten it. */
export async function ownClient(hub: HubMetadata, kept: Kept): Promise<string> {
  const known = kept.registration(hub.issuer);
  if (known !== undefined && (await isStillThere(hub, known))) return known.id;
  const made = await register(hub);
  kept.register(hub.issuer, made);
  return made.id;
}

/** RFC 7592 §2.1. Asked before a person is sent to a browser, where a client that nobody knows ends on a page that we never hear of. */
async function isStillThere({ issuer }: HubMetadata, { uri, token }: Registration): Promise<boolean> {
  if (uri === undefined || token === undefined) return true;
  // The token was given for an address of this hub, and goes nowhere else.
  if (!URL.canParse(uri) || new URL(uri).origin !== new URL(issuer).origin) return false;
  const answer = await reach(issuer, uri, { headers: { accept: 'application/json', authorization: `Bearer ${token}` } });
  await answer.body?.cancel();
  return answer.status === 200;
}

async function register(hub: HubMetadata): Promise<Registration> {
  if (hub.registrationEndpoint === undefined) throw new Refused('This hub registers no clients by itself: name one with --client.');
  if (!isSafeForSecrets(new URL(hub.registrationEndpoint))) throw new Refused(`${hub.registrationEndpoint} is not encrypted.`);
  const answer = await reach(hub.issuer, hub.registrationEndpoint, {
    method: 'POST',
    headers: { 'content-type': 'application/json' },
    body: JSON.stringify({
      client_name: 'Command line',
      redirect_uris: ['http://127.0.0.1/callback'],
      grant_types: [GRANT_TYPES.authorization_code, GRANT_TYPES.refresh_token, GRANT_TYPES.device_code],
      response_types: ['code'],
      token_endpoint_auth_method: 'none',
    }),
  });
  const said = parseJson(await answer.text());
  const id = textAt(said, 'client_id');
  if (answer.status !== 201 || id === undefined)
    throw new Refused('The hub did not register this program as a client: name one with --client.');
  return { id, uri: textAt(said, 'registration_client_uri'), token: textAt(said, 'registration_access_token') };
}
