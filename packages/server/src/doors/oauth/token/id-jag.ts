import type { Client } from '../../../rooms/clients/client.ts';
import type { Vouched } from '../../../rooms/issuers/issuer.ts';
import { ID_JAG_TYP } from '../../../rooms/issuers/judge.ts';
import type { UnverifiedJws } from '../../../rooms/issuers/signature.store.ts';
import { refusal, type Refusal } from './refusal.ts';

/** Whether it calls itself an identity assertion grant. Everything else is asked when its issuer is known. */
export function isIdJag({ header }: UnverifiedJws): boolean {
  const { typ } = header;
  return typeof typ === 'string' && typ.toLowerCase().replace(/^application\//, '') === ID_JAG_TYP;
}

/** ID-JAG §4.4: made for the client that brings it, and for one that proves itself unless the trust says otherwise. */
export function idJagObstacle({ claims, issuer }: Vouched, client: Client): Refusal | undefined {
  if (claims['client_id'] !== client.id) return refusal('invalid_grant', 'assertion_client', 'The assertion is not accepted.');
  if (client.public && !issuer.publicClients)
    return refusal('unauthorized_client', 'public_client', 'A public client cannot use this grant.');
  return undefined;
}
