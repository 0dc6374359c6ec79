import type { Db } from '../../../base/db.ts';
import type { Audit } from '../../../rooms/audit/store.ts';
import type { ClientAuthentication } from '../../../rooms/clients/authenticate.store.ts';
import type { ClientDirectory } from '../../../rooms/clients/directory.store.ts';
import type { Knocks } from '../../../rooms/clients/knocks.store.ts';
import type { Held } from '../../../rooms/journeys/deps.store.ts';
import type { Journeys } from '../../../rooms/journeys/dispatch.store.ts';
import type { Catalogue } from '../../../rooms/resources/catalogue.store.ts';
import type { DpopProofs } from '../../../rooms/tokens/dpop.store.ts';
import type { ProtectionSettings } from '../../../rooms/tokens/protection.store.ts';

export type AuthorizeDeps = {
  db: Db;
  issuer: string;
  audit: Pick<Audit, 'record'>;
  /** False when this address has had so many refusals recorded that more would only fill the log. */
  mayRecord(ip: string, now: number): boolean;
  /** False when clients that prove nothing have had so much kept from this address that more would only fill the table. */
  mayPush(ip: string, now: number): boolean;
  clients: Pick<ClientDirectory, 'find'>;
  /** Hears of whoever is not known here. */
  knocks: Pick<Knocks, 'heard'>;
  authentication: ClientAuthentication;
  catalogue: Pick<Catalogue, 'ready' | 'all' | 'match' | 'identity'>;
  sessions: { find(secret: string): Promise<Held> };
  journeys: Pick<Journeys, 'begin'>;
  protection: Pick<ProtectionSettings, 'current'>;
  proofs: DpopProofs;
};
