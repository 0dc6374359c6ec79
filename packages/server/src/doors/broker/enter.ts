import type { Fields } from '../../base/browser/form.ts';
import type { Outbound } from '../../base/outbound/contract.ts';
import { fail, ok, type Result } from '../../base/result.ts';
import { labelOf, type ConnectLink } from '../../rooms/connections/connect.ts';
import type { Connecting, Sitting } from '../../rooms/connections/connecting.store.ts';
import type { Connection } from '../../rooms/connections/connection.ts';
import type { Credential } from '../../rooms/connections/credential.ts';
import { tryKey, type Typed } from '../../rooms/connections/key-try.store.ts';

export type EnterDeps = { connecting: Pick<Connecting, 'keep'>; outbound: Pick<Outbound, 'request' | 'stream'> };

type Entering = { link: ConnectLink; connection: Connection; fields: Fields; now: number; sitting: Omit<Sitting, 'browser'> };

/** A key that somebody typed: tried at the service first, then kept. The error is `over`, or a sentence for the page. */
export async function enterSecret(deps: EnterDeps, of: Entering): Promise<Result<Credential, 'over' | (string & {})>> {
  const { link, connection, fields, now, sitting } = of;
  const secret = typedIn(connection, fields);
  if (secret === undefined) return fail('Something is missing, or has characters that no key has.');
  const tried = await tryKey(deps.outbound, connection, secret, now);
  if (!tried.ok) return tried;
  const kept = await deps.connecting.keep({ link, secret, label: labelOf(link, fields.one('label')), granted: [], asked: [] }, sitting);
  return kept === undefined ? fail('over') : ok(kept);
}

/** People paste keys with blanks around them; inside, nothing that would end a header. */
function typedIn({ type }: Connection, fields: Fields): Typed | undefined {
  const field = (name: string): string => (fields.one(name) ?? '').trim();
  if (type === 'basic') {
    const [username, password] = [field('username'), fields.one('password') ?? ''];
    // RFC 7617 §2: a colon would end the user name.
    return printable(username) && !username.includes(':') && printable(password) ? { kind: 'basic', username, password } : undefined;
  }
  if (type === 'certificate') {
    const [certificate, privateKey] = [field('certificate'), field('private_key')];
    return certificate === '' || privateKey === '' ? undefined : { kind: 'certificate', certificate, privateKey };
  }
  const value = field('value');
  return /^[\x20-\x7e]{1,8192}$/.test(value) ? { kind: 'api_key', value } : undefined;
}

const printable = (text: string): boolean => /^[^\p{Cc}]{1,4096}$/u.test(text);
