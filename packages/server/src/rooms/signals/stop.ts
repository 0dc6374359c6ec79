import type { EventDraft, EventType } from '../audit/event.ts';
import type { State } from '../tenants/tenant.ts';

/** What can be stopped. `hub`: every agent of every tenant at once; its id is `hub`. */
export const CONTAIN_KINDS = ['agent', 'client', 'user', 'tenant', 'grant', 'connection', 'hub'] as const;
export type ContainKind = (typeof CONTAIN_KINDS)[number];

/** There is one hub, and it is not revoked. */
export const HUB = 'hub';

/** What all of a kind are called: in paths of the admin API, in the right that it takes to stop one, and as a table. */
export const PLURALS: Record<Exclude<ContainKind, 'hub'>, string> = {
  agent: 'agents',
  client: 'clients',
  user: 'users',
  tenant: 'tenants',
  grant: 'grants',
  connection: 'connections',
};

export const STOP_EVENTS: Record<ContainKind, Record<State, EventType>> = {
  agent: { active: 'agent.unfrozen', frozen: 'agent.frozen', revoked: 'agent.revoked' },
  client: { active: 'client.unfrozen', frozen: 'client.frozen', revoked: 'client.revoked' },
  user: { active: 'user.unfrozen', frozen: 'user.frozen', revoked: 'user.revoked' },
  tenant: { active: 'tenant.unfrozen', frozen: 'tenant.frozen', revoked: 'tenant.revoked' },
  grant: { active: 'grant.unfrozen', frozen: 'grant.frozen', revoked: 'consent.revoked' },
  connection: { active: 'connection.unfrozen', frozen: 'connection.frozen', revoked: 'connection.revoked' },
  // Of these two columns the third is never asked: no route revokes the hub.
  hub: { active: 'hub.unfrozen', frozen: 'hub.frozen', revoked: 'hub.frozen' },
};

/** What is stopped now, as its stop was written down. Times in milliseconds. */
export type Stop = {
  kind: ContainKind;
  id: string;
  state: 'frozen' | 'revoked';
  reason: string;
  by: EventDraft['actor'];
  since: number;
  /** When it ends by itself. */
  until?: number;
  /** Whether it was stopped while its kind took two people to let go: the setting may be loosened later, this stop is not. */
  secondPerson: boolean;
  /** It holds also for whatever is made in its place once it is gone. */
  outlives: boolean;
};
