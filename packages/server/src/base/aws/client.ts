import { readFileSync } from 'node:fs';
import type { Clock } from '../clock.ts';
import { parseJson } from '../json.ts';
import type { Outbound } from '../outbound/outbound.ts';
import { fail, ok, type Result } from '../result.ts';
import { signAws, type AwsKeys } from './sign.ts';

/** How this process proves itself to AWS: keys of its environment, or a token that its platform writes into a file (EKS) for a role. */
export type AwsAccess = {
  keys?: AwsKeys | undefined;
  webIdentity?: { tokenFile: string; roleArn: string } | undefined;
  /** Instead of `https://<service>.<region>.amazonaws.com`, by service. */
  endpoints: Readonly<Record<string, string | undefined>>;
};

/** `type`: what AWS calls the error, or ours: `unreachable`, `no_credentials`. No secret is part of it. */
export type AwsFault = { type: string; detail: string };

/** One call of a JSON 1.1 service: `TrentService.Decrypt`, `secretsmanager.GetSecretValue`. */
export type AwsClient = (of: {
  service: string;
  region: string;
  target: string;
  body: object;
}) => Promise<Result<Record<string, unknown>, AwsFault>>;

const BOUNDS = { maxBytes: 256 * 1024, timeoutMs: 5_000 };

export function createAwsClient(deps: { outbound: Pick<Outbound, 'request'>; access: AwsAccess; clock: Clock }): AwsClient {
  const { outbound, access, clock } = deps;
  const keysOf = createKeySource(deps);
  return async ({ service, region, target, body }) => {
    const keys = await keysOf(region);
    if (!keys.ok) return keys;
    const url = `${access.endpoints[service] ?? `https://${service}.${region}.amazonaws.com`}/`;
    const text = JSON.stringify(body);
    const headers = { 'content-type': 'application/x-amz-json-1.1', 'x-amz-target': target };
    const signed = signAws({ method: 'POST', url, headers, body: text }, { keys: keys.value, region, service, now: clock.now() });
    const { host: _host, ...sent } = signed;
    const answer = await outbound.request({ method: 'POST', url, headers: sent, body: text, ...BOUNDS });
    if (!answer.ok) return fail({ type: 'unreachable', detail: answer.reason });
    const read = membersOf(answer.body);
    if (answer.status === 200) return ok(read);
    const { __type: type } = read;
    return fail({
      type: typeof type === 'string' ? (type.split('#').at(-1) ?? type) : 'error',
      detail: `${service} answered ${answer.status}`,
    });
  };
}

/** Never throws: what is no JSON object is an empty one. */
function membersOf(body: Buffer): Record<string, unknown> {
  const read = parseJson(body.toString('utf8'));
  return read.ok && typeof read.value === 'object' && read.value !== null ? { ...read.value } : {};
}

type KeySource = (region: string) => Promise<Result<AwsKeys, AwsFault>>;

function createKeySource({ outbound, access, clock }: Parameters<typeof createAwsClient>[0]): KeySource {
  let held: { keys: AwsKeys; until: number } | undefined;
  return async (region) => {
    if (access.keys !== undefined) return ok(access.keys);
    const { webIdentity } = access;
    if (webIdentity === undefined)
      return fail({ type: 'no_credentials', detail: 'neither AWS_ACCESS_KEY_ID nor AWS_WEB_IDENTITY_TOKEN_FILE' });
    if (held !== undefined && clock.now() < held.until) return ok(held.keys);
    const answer = await assumeRole({ outbound, access }, webIdentity, region);
    if (answer.ok) held = answer.value;
    return answer.ok ? ok(answer.value.keys) : answer;
  };
}

/** STS AssumeRoleWithWebIdentity: signed by nobody, the platform's token is the proof. Asked for as JSON, so that no XML has to be read. */
async function assumeRole(
  { outbound, access }: { outbound: Pick<Outbound, 'request'>; access: AwsAccess },
  { tokenFile, roleArn }: { tokenFile: string; roleArn: string },
  region: string,
): Promise<Result<{ keys: AwsKeys; until: number }, AwsFault>> {
  const token = textOf(tokenFile);
  if (token === undefined) return fail({ type: 'no_credentials', detail: 'AWS_WEB_IDENTITY_TOKEN_FILE cannot be read' });
  const answer = await outbound.request({
    method: 'POST',
    url: `${access.endpoints['sts'] ?? `https://sts.${region}.amazonaws.com`}/`,
    headers: { accept: 'application/json', 'content-type': 'application/x-www-form-urlencoded' },
    body: new URLSearchParams({
      Action: 'AssumeRoleWithWebIdentity',
      Version: '2011-06-15',
      RoleArn: roleArn,
      RoleSessionName: 'writ',
      WebIdentityToken: token,
    }).toString(),
    ...BOUNDS,
  });
  if (!answer.ok) return fail({ type: 'unreachable', detail: `sts: ${answer.reason}` });
  const found = credentialsIn(membersOf(answer.body));
  return found === undefined ? fail({ type: 'no_credentials', detail: `sts answered ${answer.status}` }) : ok(found);
}

function credentialsIn(answer: Record<string, unknown>): { keys: AwsKeys; until: number } | undefined {
  const found = ['AssumeRoleWithWebIdentityResponse', 'AssumeRoleWithWebIdentityResult', 'Credentials'].reduce<Record<string, unknown>>(
    (members, name) => objectOf(members[name]),
    answer,
  );
  const { AccessKeyId: id, SecretAccessKey: secret, SessionToken: session, Expiration: seconds } = found;
  if (typeof id !== 'string' || typeof secret !== 'string' || typeof session !== 'string' || typeof seconds !== 'number') return undefined;
  // A minute early: a call may be on its way when they expire.
  return { keys: { accessKeyId: id, secretAccessKey: secret, sessionToken: session }, until: seconds * 1_000 - 60_000 };
}

function objectOf(value: unknown): Record<string, unknown> {
  return typeof value === 'object' && value !== null ? { ...value } : {};
}

function textOf(path: string): string | undefined {
  try {
    return readFileSync(path, 'utf8').trim();
  } catch {
    return undefined;
  }
}
