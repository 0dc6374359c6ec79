import { GRANTS, type PolicyRequest } from '@writ/policy';
import { z } from 'zod';

const words = z.array(z.string());
const attributes = z.record(z.string(), z.json());

/** The request inside an entry's evidence (evidence.ts), read back. Entries of an older hub may lack members that were added since. */
const recordedRequest = z.object({
  grant: z.enum(GRANTS),
  target: z.object({ kind: z.enum(['resource', 'connection']), id: z.string(), type: z.string(), tags: words.default([]) }),
  scopes: words,
  client: z.object({
    id: z.string(),
    name: z.string(),
    registrationType: z.string(),
    status: z.string(),
    owner: z.string().optional(),
    tags: words.default([]),
  }),
  user: z.object({ id: z.string(), roles: words, tenantIds: words, permissions: words, attributes: attributes.default({}) }).optional(),
  jwtClaims: attributes.optional(),
  tenant: z.object({ id: z.string(), attributes: attributes.default({}) }).optional(),
  agent: z.object({ id: z.string(), state: z.string() }).optional(),
  request: z.object({ ip: z.string().optional(), time: z.number() }),
  token: z.object({ acr: z.string().optional(), amr: words.optional() }).optional(),
  delegation: z.object({ depth: z.number(), actors: words }).default({ depth: 0, actors: [] }),
});

const recordedPolicy = z.looseObject({
  policies: z.string(),
  outcome: z.enum(['allow', 'narrow', 'deny']),
  granted: words,
  refused: z.array(z.object({ scope: z.string(), by: z.string(), rule: z.string().optional() })).default([]),
  rules: words.default([]),
  shadow: z.array(z.object({ rule: z.string(), effect: z.string(), scopes: words })).default([]),
  /** What it required, and what of that held scopes back when a token was to be issued. */
  met: z.array(z.object({ needs: z.string(), rule: z.string() })).default([]),
  unmet: z.array(z.object({ needs: z.string(), rule: z.string(), scopes: words })).default([]),
  request: z.unknown(),
});
export type RecordedPolicy = z.infer<typeof recordedPolicy>;

/** What an entry's `data` says about the policy decision in it; undefined when it says nothing that can be read. */
export function readRecorded(
  data: Readonly<Record<string, unknown>>,
): { policy: RecordedPolicy; request: PolicyRequest | undefined } | undefined {
  const policy = recordedPolicy.safeParse(data['policy']);
  if (!policy.success) return undefined;
  const request = recordedRequest.safeParse(policy.data.request);
  return { policy: policy.data, request: request.success ? request.data : undefined };
}
