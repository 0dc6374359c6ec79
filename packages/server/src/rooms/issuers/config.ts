import { z } from 'zod';
import { authorId } from '../tenants/config.ts';
import { PRESETS, PURPOSES, type Issuer, type Purpose, type StoredIssuer } from './issuer.ts';
import { ASSERTION_ALGORITHMS, readJwks } from './jwks.ts';
import { saysSomething } from './patterns.ts';
import { PRESET_FACTS } from './presets.ts';

const claimName = z.string().min(1).max(200);
const pattern = z
  .string()
  .min(1)
  .max(255)
  .refine(
    saysSomething,
    'a pattern with at least one character of its own; * is any run, ? one character, \\ takes the next one literally',
  );
const patterns = z.union([pattern, z.array(pattern).min(1).max(100)]);

/** Conditions on claims, as trust rules of clients have them too. */
export const claimPatterns = z.record(claimName, patterns).refine((all) => Object.keys(all).length <= 20, 'at most 20 claims');
export const subjectPattern = patterns;

const roleMapping = z.strictObject({ claim: claimName, value: patterns, role: z.string().min(1).max(64) });
/** How people of an issuer become users; of an identity provider too (rooms/sso). */
export const userMapping = z.strictObject({
  jit: z.boolean().default(true),
  link: z.enum(['email', 'none']).default('none'),
  email: claimName.default('email'),
  name: claimName.default('name'),
  attributes: z.record(z.string().min(1).max(100), claimName).default({}),
  roles: z.array(roleMapping).max(200).default([]),
  believeLogin: z.boolean().default(false),
});

const seconds = z.number().int().min(30);
const LOOPBACK = /^http:\/\/(localhost|127\.0\.0\.1|\[::1\])(:\d+)?(\/|$)/;

/** https, as it stands in `iss`: nothing is normalised, because issuers are compared to the letter. Loopback for tests: fetched only where that is allowed. */
const address = z
  .string()
  .max(2_000)
  .refine((text) => URL.canParse(text) && (text.startsWith('https://') || LOOPBACK.test(text)) && !/[#\s]/.test(text), 'an https URL');
const trustDomain = z.string().regex(/^spiffe:\/\/[a-z0-9._-]{1,255}$/, 'a trust domain: spiffe://prod.example');

const form = z.strictObject({
  id: authorId,
  issuer: z.union([trustDomain, address]),
  tenant: authorId.optional(),
  preset: z.enum(PRESETS).optional(),
  purposes: z.array(z.enum(PURPOSES)).min(1).max(PURPOSES.length).default(['client_assertion', 'jwt_bearer']),
  audiences: z.array(z.string().min(1).max(2_000)).min(1).max(10).optional(),
  algorithms: z.array(z.enum(ASSERTION_ALGORITHMS)).optional(),
  jwksUri: address.optional(),
  jwks: z.strictObject({ keys: z.array(z.record(z.string(), z.json())) }).optional(),
  claims: claimPatterns.default({}),
  maxLifetime: seconds.max(172_800).optional(),
  maxAge: seconds.max(172_800).optional(),
  reusable: z.array(z.enum(['client_assertion', 'jwt_bearer'])).optional(),
  publicClients: z.boolean().default(false),
  users: userMapping.optional(),
});
type Form = z.output<typeof form>;

/** A trusted issuer as the config file says it. */
export const issuerConfig = form.superRefine(refuseContradictions).transform(fillIn).meta({ id: 'IssuerConfig' });
export type IssuerConfig = z.output<typeof issuerConfig>;
/** In the form that OpenAPI can show. */
export const issuerShape = form;

const HOUR = 3_600;
const TEN_MINUTES = 600;

/** What the author left out comes from the preset, or is strict. */
function fillIn({ jwks: given, ...of }: Form) {
  const facts = of.preset === undefined ? undefined : PRESET_FACTS[of.preset];
  const reusable = of.reusable ?? [...(facts?.reusable ?? [])];
  const keys = given === undefined ? undefined : readJwks(given, false);
  return {
    ...of,
    algorithms: of.algorithms ?? [...(facts?.algorithms ?? ASSERTION_ALGORITHMS)],
    reusable: reusable.filter((purpose) => of.purposes.includes(purpose)),
    maxLifetime: of.maxLifetime ?? facts?.maxLifetime ?? HOUR,
    // What may come back until it expires may also be as old as it may live.
    maxAge: of.maxAge ?? (reusable.length > 0 ? (of.maxLifetime ?? facts?.maxLifetime ?? HOUR) : TEN_MINUTES),
    ...(keys?.ok === true ? { jwks: { keys: [...keys.value.keys] } } : {}),
  };
}

function refuseContradictions(of: Form, context: z.RefinementCtx): void {
  const refuse = (path: (string | number)[], message: string): void => context.addIssue({ code: 'custom', path, message });
  const spiffe = of.issuer.startsWith('spiffe://');
  if (spiffe !== (of.preset === 'spiffe')) refuse(['issuer'], 'the preset spiffe has a trust domain (spiffe://…), and only that preset');
  if (of.jwks !== undefined && of.jwksUri !== undefined) refuse(['jwksUri'], 'jwks and jwksUri exclude each other');
  if (spiffe && of.jwks === undefined && of.jwksUri === undefined)
    refuse(['jwksUri'], 'a trust domain has no discovery: give jwksUri or jwks');
  const keys = of.jwks === undefined ? undefined : readJwks(of.jwks, false);
  if (keys !== undefined && !keys.ok) refuse(['jwks'], keys.error);
  if (of.purposes.includes('id_jag') && of.users === undefined)
    refuse(['users'], 'an ID-JAG stands for a person: say how they become users');
  if ((of.users?.roles.length ?? 0) > 0 && of.tenant === undefined)
    refuse(['users', 'roles'], 'roles are held in a tenant: name the tenant');
  if (of.preset === 'azure' && of.audiences === undefined)
    refuse(['audiences'], 'Entra writes the application of the hub as audience: give its Application ID URI or client id');
  if (of.algorithms?.length === 0 && of.preset !== 'aws_sts') refuse(['algorithms'], 'at least one, or leave it out');
  refuseSts(of, refuse);
}

/** Requests are sent to this address as it stands, so that it can only be one of AWS's own. */
const STS = /^https:\/\/sts(\.[a-z0-9-]{4,24})?\.amazonaws\.com(\.cn)?$/;

function refuseSts({ preset, issuer, purposes, jwks, jwksUri }: Form, refuse: (path: (string | number)[], message: string) => void): void {
  if (preset !== 'aws_sts') return;
  if (!STS.test(issuer) && !LOOPBACK.test(issuer)) refuse(['issuer'], 'an STS endpoint of AWS: https://sts.<region>.amazonaws.com');
  if (purposes.some((purpose) => purpose !== 'client_assertion'))
    refuse(['purposes'], 'a signed request authenticates a client, nothing else');
  if (jwks !== undefined || jwksUri !== undefined) refuse(['jwksUri'], 'AWS verifies its own signatures; there are no keys');
}

/** The stored issuer in the same form: for export and comparison. */
export function toIssuerConfig({ version: _, createdAt: __, ...issuer }: StoredIssuer): IssuerConfig {
  return issuerConfig.parse(issuer);
}

export function toIssuer(config: IssuerConfig): Issuer {
  const { tenant, preset, audiences, jwksUri, jwks, users, ...rest } = config;
  return {
    ...rest,
    purposes: rest.purposes satisfies readonly Purpose[],
    ...(tenant === undefined ? {} : { tenant }),
    ...(preset === undefined ? {} : { preset }),
    ...(audiences === undefined ? {} : { audiences }),
    ...(jwksUri === undefined ? {} : { jwksUri }),
    ...(jwks === undefined ? {} : { jwks }),
    ...(users === undefined ? {} : { users }),
  };
}
