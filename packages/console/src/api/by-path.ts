import type { Problem } from '@writ/admin-api';
import { send } from './client.ts';
import { Refused, UNREACHABLE } from './refused.ts';
import { signIn } from './session.ts';

export type Told = { ok: true; value: unknown } | { ok: false; problem: Problem; requestId: string | undefined };

/** Calls a path that is known only when the page runs: one that the hub's description names. A refusal is a value, and so is that nobody answered. */
export function askPath(method: string, path: string, body?: object): Promise<Told> {
  return told(method, path, body).catch((): Told => ({ ok: false, problem: UNREACHABLE, requestId: undefined }));
}

async function told(method: string, path: string, body?: object): Promise<Told> {
  const answer = await send(new URL(path, location.origin), {
    method,
    redirect: 'error',
    headers: { accept: 'application/json', ...(body === undefined ? {} : { 'content-type': 'application/json' }) },
    ...(body === undefined ? {} : { body: JSON.stringify(body) }),
  });
  if (answer.status === 401) signIn();
  if (answer.ok) return { ok: true, value: answer.status === 204 ? undefined : await answer.json() };
  return { ok: false, problem: await answer.json(), requestId: answer.headers.get('x-request-id') ?? undefined };
}

/** The same for queries: throws a {@link Refused}. */
export async function readPath(path: string): Promise<unknown> {
  const answer = await askPath('GET', path);
  if (!answer.ok) throw new Refused(answer.problem, answer.requestId);
  return answer.value;
}
