import type { RegistrationType } from '../clients/client.ts';
import type { State } from '../tenants/tenant.ts';
import type { Principal } from './agent.ts';

/** The highest risk of what an agent is granted, in the words of scopes. */
export const RISKS = ['low', 'elevated', 'high'] as const;
export type AgentRisk = (typeof RISKS)[number];

export type SortBy = 'created' | 'last_used' | 'calls' | 'denials';
export type Order = { by: SortBy; down: boolean };

/** `-calls`: most calls first. */
export function orderOf(said: SortBy | `-${SortBy}`): Order {
  switch (said) {
    case '-created':
      return { by: 'created', down: true };
    case '-last_used':
      return { by: 'last_used', down: true };
    case '-calls':
      return { by: 'calls', down: true };
    case '-denials':
      return { by: 'denials', down: true };
    default:
      return { by: said, down: false };
  }
}

/** Where a page begins: what the last agent of the page before was ordered by (a number, times in microseconds), and its id. */
export type Place = { key: string; id: string };

/** Undefined: it is no place of this list, and the caller is told so. */
export function placeIn(cursor: string): Place | undefined {
  const [, key, id] = /^(\d{1,18}) (.{1,200})$/s.exec(cursor) ?? [];
  return key === undefined || id === undefined ? undefined : { key, id };
}

export function cursorAt({ key, id }: Place): string {
  return `${key} ${id}`;
}

export type DirectoryFilter = {
  client?: string | undefined;
  user?: string | undefined;
  tenant?: string | undefined;
  /** Null: nobody answers for it. */
  owner?: string | null | undefined;
  state?: State | undefined;
  /** Why it was stopped, to the letter. */
  reason?: string | undefined;
  dormant?: boolean | undefined;
  verified?: boolean | undefined;
  neverUsed?: boolean | undefined;
  risk?: AgentRisk | undefined;
  drift?: boolean | undefined;
  /** Beginnings of words. */
  words?: readonly string[] | undefined;
};

/** An agent with all that its list says. Times in milliseconds. */
export type ListedAgent = {
  id: string;
  clientId: string;
  principal: Principal;
  tenantId?: string;
  state: State;
  stateReason?: string;
  version: number;
  createdAt: number;
  /** What its client says of itself; absent where the client is gone, or is the hub's own. */
  clientName?: string;
  clientHost?: string;
  registration?: RegistrationType;
  verified: boolean;
  principalName?: string;
  owner?: { id: string; name: string };
  firstUsedAt?: number;
  lastUsedAt?: number;
  calls: number;
  denials: number;
  risk?: AgentRisk;
  scopes: number;
  connections: number;
  dormant: boolean;
  drift: readonly string[];
};

/** How many agents of a filter have what; of at most so many that were looked at. */
export type DirectoryFacets = {
  total: number;
  /** There are more than were counted. */
  more: boolean;
  state: Record<State, number>;
  risk: Record<AgentRisk | 'none', number>;
  verified: { true: number; false: number };
  owner: { none: number };
  dormant: number;
  neverUsed: number;
  drift: number;
};

/** Words of a search, in small letters: what stands between them does not matter. At most eight. */
export function wordsOf(said: string): readonly string[] {
  return (said.toLowerCase().match(/[\p{L}\p{N}\p{M}]+/gu) ?? []).slice(0, 8);
}

/** The host that stands for a client: of the address that is its id, or the first that its codes go to. */
export function hostOf(clientId: string, redirectUris: readonly string[] = []): string | undefined {
  for (const address of [clientId, ...redirectUris]) {
    if (!/^https?:\/\//i.test(address) || !URL.canParse(address)) continue;
    return new URL(address).host;
  }
  return undefined;
}
