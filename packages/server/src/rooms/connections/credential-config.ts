import { z } from 'zod';
import { fail, ok, type Result } from '../../base/result.ts';
import { authorId } from '../tenants/config.ts';
import { userId } from '../users/config.ts';
import { scopeName, secretConfig } from './config.ts';
import type { ConnectionType } from './kinds.ts';
import type { Credential, Owner, Secret } from './credential.ts';
import { referenceFault } from './reference.ts';

const owner = z
  .strictObject({ user: userId.optional(), tenant: authorId.optional(), agent: authorId.optional() })
  .refine(
    ({ user, tenant, agent }) =>
      agent === undefined ? user !== undefined || tenant !== undefined : user === undefined && tenant === undefined,
    'a user, a user in a tenant, a tenant or an agent',
  );

/** A person's name for one of several accounts. */
export const labelText = z.string().regex(/^[^\p{Cc}\p{Cf}\u2028\u2029]{0,100}$/u, 'at most 100 characters, and no control characters');

export const credentialShape = z.strictObject({
  id: authorId.optional(),
  connection: authorId,
  owner,
  label: labelText.default(''),
  /** An API key. */
  value: secretConfig.optional(),
  username: z.string().min(1).max(1_024).optional(),
  password: secretConfig.optional(),
  /** PEM. */
  certificate: z.string().min(1).max(65_536).optional(),
  privateKey: secretConfig.optional(),
  accessToken: secretConfig.optional(),
  refreshToken: secretConfig.optional(),
  /** Read where it is kept, each time it is handed out. */
  reference: z
    .string()
    .max(2_048)
    .superRefine((text, context) => {
      const fault = referenceFault(text);
      if (fault !== undefined) context.addIssue({ code: 'custom', message: fault });
    })
    .optional(),
  /** Absent: as they are, or none. */
  scopes: z.array(scopeName).max(500).optional(),
  expiresAt: z.iso.datetime({ offset: true }).optional(),
});

/** A credential as the config file says it. Without a secret it says that one is there: an export never holds any. */
export const credentialConfig = credentialShape
  .superRefine((value, context) => {
    const secret = secretIn(value);
    if (!secret.ok) context.addIssue({ code: 'custom', path: [secret.error.field], message: secret.error.message });
  })
  .meta({ id: 'CredentialConfig' });
export type CredentialConfig = z.output<typeof credentialConfig>;

type Fault = { field: string; message: string };

/** The members that make each kind; the first names it. */
const KINDS = [
  ['api_key', 'value'],
  ['basic', 'username', 'password'],
  ['certificate', 'certificate', 'privateKey'],
  ['oauth', 'accessToken', 'refreshToken'],
  ['reference', 'reference'],
] as const;

/** The secret that a config gives; undefined when it gives none. */
export function secretIn(config: z.output<typeof credentialShape>): Result<Secret | undefined, Fault> {
  const given = KINDS.filter(([, ...members]) => members.some((name) => config[name] !== undefined));
  const [first, second] = given;
  if (first === undefined) return ok(undefined);
  const [kind, ...members] = first;
  if (second !== undefined) {
    const [, ...others] = second;
    return fail({
      field: others.find((name) => config[name] !== undefined) ?? kind,
      message: `does not go with a credential of kind ${kind}`,
    });
  }
  const missing = members.find((name) => config[name] === undefined && name !== 'refreshToken');
  if (missing !== undefined) return fail({ field: missing, message: `a credential of kind ${kind} needs it` });
  return ok(SECRETS[kind](config));
}

const SECRETS: Readonly<Record<Secret['kind'], (config: z.output<typeof credentialShape>) => Secret>> = {
  api_key: ({ value }) => ({ kind: 'api_key', value: valueOf(value) }),
  basic: ({ username = '', password }) => ({ kind: 'basic', username, password: valueOf(password) }),
  certificate: ({ certificate = '', privateKey }) => ({ kind: 'certificate', certificate, privateKey: valueOf(privateKey) }),
  oauth: ({ accessToken, refreshToken }) => ({
    kind: 'oauth',
    accessToken: valueOf(accessToken),
    ...(refreshToken === undefined ? {} : { refreshToken: valueOf(refreshToken) }),
  }),
  reference: ({ reference = '' }) => ({ kind: 'reference', url: reference }),
};

/** References were resolved before the schema read them; where one is left, {@link unresolvedIn} says so. */
function valueOf(secret: z.output<typeof secretConfig> | undefined): string {
  return secret !== undefined && 'value' in secret ? secret.value : '';
}

/** The first secret that is still a reference: only a config file or the admin API resolves them. */
export function unresolvedIn(config: CredentialConfig): Fault | undefined {
  const names = ['value', 'password', 'privateKey', 'accessToken', 'refreshToken'] as const;
  const field = names.find((name) => {
    const secret = config[name];
    return secret !== undefined && !('value' in secret);
  });
  return field === undefined ? undefined : { field, message: 'a reference that only the config file can hold' };
}

/** Whether a connection of this type can use a secret of that kind. What is kept elsewhere may be of any. */
export function kindFault(type: ConnectionType, kind: Secret['kind']): string | undefined {
  const wanted: Secret['kind'] = type === 'mcp' ? 'oauth' : type;
  return kind === 'reference' || kind === wanted ? undefined : `a connection of type ${type} has credentials of kind ${wanted}`;
}

/** What names a credential in a file, where it has no id: whose it is, for what, and which of several. */
export function slotName({
  connection,
  owner: { user, tenant, agent },
  label,
}: {
  connection: string;
  owner: Owner;
  label: string;
}): string {
  const whose = [user, tenant === undefined ? undefined : `@${tenant}`, agent].filter((part) => part !== undefined).join('');
  return `${connection}/${whose}${label === '' ? '' : `/${label}`}`;
}

/** The stored credential in the same form, without any secret. */
export function toCredentialConfig(credential: Credential): CredentialConfig {
  const { id, connection, owner: whose, label, granted, expiresAt } = credential;
  return credentialConfig.parse({
    id,
    connection,
    owner: whose,
    label,
    ...(granted.length === 0 ? {} : { scopes: [...granted] }),
    ...(expiresAt === undefined ? {} : { expiresAt: isoOf(expiresAt) }),
  });
}

function isoOf(time: number): string {
  // Not of the clock: a stored moment in words.
  return new Date(time).toISOString();
}
