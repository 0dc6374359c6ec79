import { z } from 'zod';
import type { Client } from './client.ts';
import { toClientConfig } from './config.ts';

const state = z.enum(['active', 'frozen', 'revoked']);

/** A secret as it may be shown: everything but itself. Times in milliseconds since the epoch. */
const secretView = z.object({
  id: z.string(),
  name: z.string(),
  state: z.enum(['active', 'revoked']),
  origin: z.enum(['config', 'issued']),
  expiresAt: z.number().nullable(),
  createdAt: z.number(),
});

/** A client as the admin API shows it: the config file's form, and what the hub knows beside it. */
export const clientView = z.looseObject({
  id: z.string(),
  name: z.string(),
  registrationType: z.enum(['manual', 'dcr', 'cimd', 'workload']),
  status: z.enum(['verified', 'unverified']),
  state,
  grants: z.array(z.string()),
  secrets: z.array(secretView),
  metadata: z.record(z.string(), z.unknown()),
  fingerprint: z.string().nullable(),
  createdAt: z.number(),
  consentedAt: z.number().nullable(),
});

/** A row of the list: the newest of as many registrations of one program. */
export const listedClientView = clientView.extend({ registrations: z.number() });

export function presentClient(client: Client): Record<string, unknown> {
  const { registrationType, status, state: now, metadata, fingerprint, createdAt, consentedAt } = client;
  return {
    ...toClientConfig(client),
    registrationType,
    status,
    state: now,
    secrets: client.secrets.map(({ id, name, state: of, origin, expiresAt, createdAt: at }) => ({
      id,
      name,
      state: of,
      origin,
      expiresAt: expiresAt ?? null,
      createdAt: at,
    })),
    metadata,
    fingerprint: fingerprint ?? null,
    createdAt,
    consentedAt: consentedAt ?? null,
  };
}
