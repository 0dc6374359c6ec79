import type { OutboundResult } from '../../base/outbound/outbound.ts';
import { hubAuthor } from '../audit/author.ts';
import type { Resource } from '../resources/resource.ts';
import { createReplay } from '../issuers/replay.store.ts';
import { createTrust } from '../issuers/trust.store.ts';
import { createWorkloads } from './workloads.store.ts';
import { createClientAuthentication, type ClientAuthentication } from './authenticate.store.ts';
import { clientConfig } from './config.ts';
import { createClientDirectory, type ClientDirectory } from './directory.store.ts';
import type { Room } from './room.suite.ts';
import { createRegistrationSettings, type RegistrationSettings } from './setting.store.ts';
import { putClient } from './store.ts';

export const ISSUER = 'https://hub.example';

/** What the rest of the internet answers, by URL, and how often it was asked. Anything else does not resolve. */
export type World = {
  get(url: string): Promise<OutboundResult>;
  answers: Map<string, () => OutboundResult | Promise<OutboundResult>>;
  asked: string[];
};

export function createWorld(): World {
  const answers: World['answers'] = new Map();
  const asked: string[] = [];
  return {
    answers,
    asked,
    async get(url) {
      asked.push(url);
      return answers.get(url)?.() ?? { ok: false, reason: 'dns', detail: 'no such host' };
    },
  };
}

export function jsonAnswer(value: unknown, headers: Record<string, string> = {}): OutboundResult {
  const text = typeof value === 'string' ? value : JSON.stringify(value);
  return { ok: true, status: 200, headers: new Headers({ 'content-type': 'application/json', ...headers }), body: Buffer.from(text) };
}

/** The parts of this room as one node wires them. */
export type Desk = { directory: ClientDirectory; authentication: ClientAuthentication; settings: RegistrationSettings };

export async function openDesk(
  room: Room,
  node: ReturnType<Room['node']>,
  world: World,
  resources: readonly Resource[] = [],
): Promise<Desk> {
  const { clock } = room;
  const settings = createRegistrationSettings({ ...node, clock, onError: () => {} });
  await settings.ready();
  const directory = createClientDirectory({
    ...node,
    clock,
    settings,
    outbound: world,
    catalogue: { all: () => resources },
    issuer: ISSUER,
    allowLoopback: false,
  });
  const { db, pool } = node.database;
  const outbound = { ...world, request: ({ url }: { url: string }) => world.get(url) };
  const onError = (): void => undefined;
  const trust = createTrust({ db, feed: node.feed, outbound, clock, issuer: ISSUER, onError });
  const workloads = createWorkloads({ db, feed: node.feed, onError });
  await Promise.all([trust.ready(), workloads.ready()]);
  const authentication = createClientAuthentication({
    issuer: ISSUER,
    directory,
    outbound,
    clock,
    trust,
    workloads,
    replay: createReplay(pool),
  });
  return { directory, authentication, settings };
}

/** Registers a client as the config file would. */
export async function register(room: Room, config: object): Promise<void> {
  const parsed = clientConfig.parse({ name: 'Test', ...config });
  await room.audit.commit(async (tx) => {
    const { entries, changed } = await putClient(tx, parsed, hubAuthor('test'));
    const [first, ...rest] = entries;
    if (first === undefined) throw new Error('nothing to register');
    return { value: undefined, entries: [first, ...rest], changed };
  });
}

export function resourceWith(registration: Resource['registration']): Resource {
  return {
    id: 'r',
    type: 'mcp',
    uri: 'https://r.example/mcp',
    aliases: [],
    name: 'R',
    scopes: [],
    tools: [],
    tags: [],
    registration,
    settings: { onExcess: 'narrow' },
    version: 1,
    createdAt: 0,
  };
}
