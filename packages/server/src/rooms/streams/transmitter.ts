import { z } from 'zod';
import type { Health } from '../audit/health.ts';
import { secretConfig, serviceUrl } from '../connections/config.ts';
import { ASSERTION_ALGORITHMS, readJwks, type PublicJwks } from '../issuers/jwks.ts';
import { authorId, domain } from '../tenants/config.ts';

const shape = {
  id: authorId,
  name: z.string().min(1).max(100).optional(),
  /** Whose people it may speak of; absent: everybody's. */
  tenant: authorId.optional(),
  state: z.enum(['on', 'off']).default('on'),
  /** To the letter as `iss` says it. */
  issuer: serviceUrl,
  /** Neither of the two: where its own document (`/.well-known/ssf-configuration`) says. */
  jwksUri: serviceUrl.optional(),
  jwks: z.strictObject({ keys: z.array(z.record(z.string(), z.json())) }).optional(),
  algorithms: z.array(z.enum(ASSERTION_ALGORITHMS)).min(1).default(['RS256', 'ES256']),
  /** `aud` of what is for us. Default: the address to which it pushes, which is different for each. */
  audience: z.string().min(1).max(512).optional(),
  delivery: z.enum(['push', 'poll']).default('push'),
  /** poll: where to ask, and how many seconds between two questions. */
  pollUrl: serviceUrl.optional(),
  pollSeconds: z.number().int().min(5).max(86_400).default(30),
  /** push: the bearer that it shows, if any. poll: the bearer that we show. Absent: what is there stays. */
  secret: secretConfig.optional(),
  /** The identity provider whose subjects it names: `iss_sub` of that issuer leads to whom that subject is here. */
  provider: authorId.optional(),
  /** Whose addresses it may name people by. Of a tenant: domains of the tenant. */
  domains: z.array(domain).max(50).default([]),
  /** What its word does. */
  does: z
    .strictObject({
      accountDisabled: z.enum(['freeze', 'ignore']).default('freeze'),
      sessionRevoked: z.enum(['end', 'ignore']).default('end'),
      credentialChange: z.enum(['end', 'ignore']).default('ignore'),
    })
    .prefault({}),
};

/** In the form that OpenAPI can show. */
export const transmitterShape = z.strictObject(shape);

/** A transmitter of shared signals that is heeded here, as the config file says it. */
export const transmitterConfig = transmitterShape
  .superRefine((of, context) => {
    const fault = (field: string, message: string): void => context.addIssue({ code: 'custom', path: [field], message });
    if (of.jwks !== undefined && of.jwksUri !== undefined) fault('jwksUri', 'jwks and jwksUri exclude each other');
    const keys = of.jwks === undefined ? undefined : readJwks(of.jwks, false);
    if (keys !== undefined && !keys.ok) fault('jwks', keys.error);
    if (of.delivery === 'poll' && of.pollUrl === undefined) fault('pollUrl', 'whoever is asked has an address');
    if (of.delivery === 'push' && of.pollUrl !== undefined) fault('pollUrl', 'who pushes is not asked');
    if (of.provider === undefined && of.domains.length === 0) fault('provider', 'people are found by a provider, by domains or by both');
  })
  .meta({ id: 'TransmitterConfig' });
export type TransmitterConfig = z.output<typeof transmitterConfig>;

export type Transmitter = Omit<TransmitterConfig, 'secret' | 'jwks'> & { jwks?: PublicJwks };

/** With how it goes. Times in milliseconds since the epoch. */
export type StoredTransmitter = Transmitter &
  Health & {
    hasSecret: boolean;
    version: number;
    createdAt: number;
    heard: number;
    heardAt: number | undefined;
  };

/** Of a checked config. */
export function toTransmitter({ secret: _secret, jwks, ...config }: TransmitterConfig): Transmitter {
  const keys = jwks === undefined ? undefined : readJwks(jwks, false);
  return { ...config, ...(keys?.ok === true ? { jwks: keys.value } : {}) };
}

/** The stored transmitter in the form of the config file, without its secret. */
export function toTransmitterConfig(of: StoredTransmitter): TransmitterConfig {
  const {
    hasSecret: _secret,
    version: _version,
    createdAt: _at,
    heard: _n,
    heardAt: _heard,
    failure: _f,
    failingSince: _s,
    failures: _c,
    ...config
  } = of;
  return transmitterConfig.parse(config);
}

/** Where it pushes to, and what it calls us unless it was told another name. */
export function receiveUrl(issuer: string, id: string): string {
  return `${issuer}/ssf/receive/${id}`;
}

export function audienceOf({ audience, id }: Pick<Transmitter, 'audience' | 'id'>, issuer: string): string {
  return audience ?? receiveUrl(issuer, id);
}

/** The word by which a transmitter holds a membership, and what it freezes a user with. */
export function holderOf(id: string): string {
  return `transmitter ${id}`;
}
