import { adminClient, type Answer, type Arguments, type Operation } from '@writ/admin-api';
import { Refused, UNREACHABLE } from './refused.ts';
import { session, signIn } from './session.ts';

/**
 * The admin API by the console's own session: the cookie goes along by itself, the header proves that this page sent the request. Instead of
 * a bearer token, which the console never has.
 */
export async function send(input: RequestInfo | URL, init: RequestInit = {}): Promise<Response> {
  const headers = new Headers(init.headers);
  headers.delete('authorization');
  headers.set('x-writ-csrf', (await session()).csrf);
  return fetch(input, { ...init, headers, credentials: 'same-origin' });
}

const client = adminClient({ url: location.origin, token: '-', fetch: send });

/** Calls an operation of the admin API; a refusal is a value, and so is that nobody answered. A session that is over leads to sign-in. */
export async function ask<O extends Operation>(operation: O, args?: Arguments<O>): Promise<Answer<O>> {
  const answer = await client(operation, args).catch((): Answer<O> => ({
    ok: false,
    status: 0,
    problem: UNREACHABLE,
    requestId: undefined,
  }));
  if (!answer.ok && answer.status === 401) signIn();
  return answer;
}

/** The same for queries: throws a {@link Refused}. */
export async function read<O extends Operation>(operation: O, args?: Arguments<O>): Promise<Extract<Answer<O>, { ok: true }>['value']> {
  const answer = await ask(operation, args);
  if (!answer.ok) throw new Refused(answer.problem, answer.requestId);
  return answer.value;
}

/**
 * A list by filters as they stand in the address: text that somebody may have typed, so that its types cannot be known here. The hub says which of
 * it it does not take.
 */
export function readList<O extends Operation>(
  operation: O,
  query: Readonly<Record<string, string>>,
  path?: Readonly<Record<string, string>>,
) {
  const args: Arguments<O> = JSON.parse(JSON.stringify({ query, path }));
  return read(operation, args);
}
