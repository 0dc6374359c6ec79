import { z } from 'zod';

const text = z.string().max(1_024);
const name = z.string().min(1).max(2_048);
const texts = z.array(text).max(256);
const json = z.record(z.string(), z.json());

/** Whom a run is about: by id, as the hub knows them; or described, wholly or in part, and what is said here wins. */
const clientInput = z.union([
  name,
  z.strictObject({
    id: name,
    name: text.optional(),
    host: text.optional(),
    status: z.enum(['verified', 'unverified']).optional(),
    registrationType: z.enum(['manual', 'dcr', 'cimd', 'workload']).optional(),
    owner: text.optional(),
    tags: texts.optional(),
    firstParty: z.boolean().optional(),
    redirectHosts: texts.optional(),
  }),
]);
const resourceInput = z.union([
  name,
  z.strictObject({ id: name, name: text.optional(), uri: text.optional(), type: text.optional(), tags: texts.optional() }),
]);
const userInput = z.union([
  name,
  z.strictObject({
    id: name,
    name: text.optional(),
    email: text.optional(),
    emailVerified: z.boolean().optional(),
    roles: texts.optional(),
    permissions: texts.optional(),
    attributes: json.optional(),
  }),
]);
const membershipInput = z.strictObject({
  id: name,
  name: text.optional(),
  sso: z.boolean().optional(),
  attributes: json.optional(),
  roles: texts.optional(),
  permissions: texts.optional(),
  domains: texts.optional(),
});
/** How somebody has signed in. `by`: ways, as `password`, `totp`, `oidc:google`; `acr` and `amr` follow from them where they are left out. */
const sessionInput = z.strictObject({
  by: z.array(text).min(1).max(5).optional(),
  acr: text.optional(),
  amr: texts.optional(),
  secondsAgo: z.number().int().min(0).max(31_536_000).optional(),
});

/** A made-up request and the world around it. */
export const runFacts = z
  .strictObject({
    client: clientInput.optional(),
    resource: resourceInput.optional(),
    scopes: texts.optional(),
    identityScopes: texts.optional(),
    /** Of scopes that the hub does not know. */
    risks: z.record(z.string(), z.enum(['low', 'elevated', 'high'])).optional(),
    user: userInput.optional(),
    /** An open session of this browser; left out: nobody is signed in. */
    session: sessionInput.optional(),
    /** The tenant that the request names. */
    tenant: text.optional(),
    /** The e-mail address that the request names (`login_hint`). */
    email: text.optional(),
    acrValues: texts.optional(),
    ip: text.optional(),
    prompt: z
      .array(z.enum(['none', 'login', 'consent', 'select_account']))
      .max(4)
      .optional(),
    maxAge: z.number().int().min(0).optional(),
    /** What the user is a member of; left out: what the hub knows of them. */
    tenants: z.array(membershipInput).max(100).optional(),
    /** Second factors that the user has set up. */
    factors: texts.optional(),
    /** Connections that have an account already. */
    connected: texts.optional(),
    /** What calls answer, by node; one that is not here waits for an answer. */
    calls: z
      .record(
        z.string(),
        z.union([
          z.strictObject({
            status: z.number().int().min(100).max(599),
            headers: z.record(z.string(), text).optional(),
            body: z.json().optional(),
          }),
          z.strictObject({ failed: text }),
        ]),
      )
      .optional(),
    /** What comes of approvals, by node. */
    approvals: z.record(z.string(), z.enum(['pending', 'given', 'refused', 'expired'])).optional(),
  })
  .meta({ id: 'FlowRunFacts' });
export type RunFacts = z.output<typeof runFacts>;

const bare = <const Kind extends string>(kind: Kind) => z.strictObject({ kind: z.literal(kind) });

/**
 * What a person does on a page, or what the world answers: the events of packages/flow, without what only the hub knows (proofs, memberships), which
 * is filled in from the facts.
 */
export const runAnswer = z
  .discriminatedUnion('kind', [
    z.strictObject({ kind: z.literal('arrived'), session: sessionInput.nullable().optional() }),
    bare('accountKept'),
    bare('startOver'),
    bare('pageDone'),
    bare('skipped'),
    bare('nothingChosen'),
    bare('connected'),
    bare('refused'),
    bare('acknowledged'),
    bare('done'),
    z.strictObject({ kind: z.literal('emailGiven'), email: text }),
    z.strictObject({ kind: z.literal('signedIn'), ...sessionInput.shape, user: userInput.optional() }),
    z.strictObject({ kind: z.literal('enrolled'), method: text }),
    z.strictObject({ kind: z.literal('tenantChosen'), tenant: text }),
    z.strictObject({
      kind: z.literal('allowed'),
      scopes: texts.optional(),
      identityScopes: texts.optional(),
      persistent: z.boolean().optional(),
    }),
    z.strictObject({ kind: z.literal('submitted'), button: text, values: json.optional() }),
    z.strictObject({ kind: z.literal('tenantsFound'), required: z.boolean().optional(), preferred: text.optional() }),
    z.strictObject({
      kind: z.literal('consentJudged'),
      verdict: z.enum(['ask', 'settled', 'nothing', 'stepUp']),
      /** Of `stepUp`: left out, a second factor. */
      demand: z.strictObject({ acr: texts.optional(), amr: texts.optional(), fresh: z.literal(true).optional() }).optional(),
    }),
    z.strictObject({ kind: z.literal('tenantConsentJudged'), verdict: z.enum(['ask', 'not_admin', 'settled']) }),
    z.strictObject({ kind: z.literal('factorsFound'), methods: texts }),
    z.strictObject({
      kind: z.literal('answered'),
      status: z.number().int().min(100).max(599),
      headers: z.record(z.string(), text).optional(),
      body: z.json().optional(),
    }),
    z.strictObject({ kind: z.literal('failed'), reason: text.optional() }),
    z.strictObject({ kind: z.literal('connectionFound'), connected: z.boolean() }),
    z.strictObject({ kind: z.literal('approvalStands'), state: z.enum(['pending', 'given', 'refused', 'expired']) }),
  ])
  .meta({ id: 'FlowRunAnswer' });
export type RunAnswer = z.output<typeof runAnswer>;
export type RunSession = z.output<typeof sessionInput>;
