import { readFileSync } from 'node:fs';
import { parseJson } from '../json.ts';
import type { Outbound } from '../outbound/outbound.ts';

/** How this process proves itself to HashiCorp Vault or OpenBao. A token file is read anew each time: agents write a fresh token there. */
export type HashicorpAccess = { token?: string | undefined; tokenFile?: string | undefined; namespace?: string | undefined };

/** `status` 0: there was no answer, and `detail` says why. `data`: the member of that name, or nothing. */
export type HashicorpAnswer = { status: number; data: Record<string, unknown>; detail: string };

export type HashicorpClient = (method: 'GET' | 'POST', path: string, body?: object) => Promise<HashicorpAnswer>;

/** `address` without a path; `path` below `/v1/`. */
export function createHashicorpClient(deps: {
  outbound: Pick<Outbound, 'request'>;
  address: string;
  access: HashicorpAccess;
}): HashicorpClient {
  const { outbound, address, access } = deps;
  return async (method, path, body) => {
    const token = tokenOf(access);
    if (token === undefined) return { status: 0, data: {}, detail: 'no token: VAULT_TOKEN or VAULT_TOKEN_FILE' };
    const answer = await outbound.request({
      method,
      url: `${address}/v1/${path}`,
      headers: {
        'x-vault-token': token,
        'x-vault-request': 'true',
        ...(access.namespace === undefined ? {} : { 'x-vault-namespace': access.namespace }),
        ...(body === undefined ? {} : { 'content-type': 'application/json' }),
      },
      ...(body === undefined ? {} : { body: JSON.stringify(body) }),
      maxBytes: 256 * 1024,
      timeoutMs: 5_000,
    });
    if (!answer.ok) return { status: 0, data: {}, detail: `${answer.reason} (${answer.detail})` };
    const read = parseJson(answer.body.toString('utf8'));
    return { status: answer.status, data: dataIn(read.ok ? read.value : undefined), detail: `it answered ${answer.status}` };
  };
}

function dataIn(value: unknown): Record<string, unknown> {
  const data = typeof value === 'object' && value !== null && 'data' in value ? value.data : undefined;
  return typeof data === 'object' && data !== null ? { ...data } : {};
}

function tokenOf({ token, tokenFile }: HashicorpAccess): string | undefined {
  if (tokenFile === undefined) return token;
  try {
    return readFileSync(tokenFile, 'utf8').trim();
  } catch {
    return undefined;
  }
}
