import { isObject, textAt } from '../json.ts';
import { Refused } from '../refused.ts';
import type { AdminApi } from './api.ts';

/** Asked for at most so many names: beyond that a list is for a program, which has the ids. */
const MOST = 200;
const AT_ONCE = 8;

/** Adds `clientName` and `principalName` to agents, so that a person need not know ids. What may not be read or is gone stays an id. */
export async function withNames(api: AdminApi, agents: readonly unknown[]): Promise<unknown[]> {
  const paths = new Set(agents.flatMap((agent) => [clientPath(agent), principalPath(agent)]).filter((path) => path !== undefined));
  const names = await namesAt(api, [...paths].slice(0, MOST));
  return agents.map((agent) => ({
    ...(isObject(agent) ? agent : {}),
    clientName: names.get(clientPath(agent) ?? ''),
    principalName: names.get(principalPath(agent) ?? ''),
  }));
}

function clientPath(agent: unknown): string | undefined {
  const id = textAt(agent, 'client');
  return id === undefined ? undefined : `clients/${encodeURIComponent(id)}`;
}

function principalPath(agent: unknown): string | undefined {
  const [kind, id] = [textAt(agent, 'principal.kind'), textAt(agent, 'principal.id')];
  if (id === undefined || (kind !== 'user' && kind !== 'tenant')) return undefined;
  return `${kind}s/${encodeURIComponent(id)}`;
}

async function namesAt(api: AdminApi, paths: readonly string[]): Promise<Map<string, string | undefined>> {
  const names = new Map<string, string | undefined>();
  for (let from = 0; from < paths.length; from += AT_ONCE) {
    const some = paths.slice(from, from + AT_ONCE);
    const found = await Promise.all(some.map((path) => nameAt(api, path)));
    some.forEach((path, index) => names.set(path, found[index]));
  }
  return names;
}

async function nameAt(api: AdminApi, path: string): Promise<string | undefined> {
  try {
    const one = await api.find(path);
    return textAt(one, 'name') ?? textAt(one, 'email');
  } catch (error) {
    if (!(error instanceof Refused)) throw error;
    return undefined;
  }
}
