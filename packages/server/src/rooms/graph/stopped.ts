import type { Agent } from '../agents/agent.ts';
import type { Client } from '../clients/client.ts';
import type { Grant } from '../consent/grant.ts';
import type { Tenant } from '../tenants/tenant.ts';
import type { User } from '../users/user.ts';
import type { Stopped } from './graph.ts';

/** Everybody behind an edge who could be frozen. */
export type Behind = {
  client: Pick<Client, 'id' | 'name' | 'state'>;
  agent?: Pick<Agent, 'id' | 'state'> | undefined;
  user?: Pick<User, 'id' | 'name' | 'state'> | undefined;
  tenant?: Pick<Tenant, 'id' | 'name' | 'state'> | undefined;
  grant?: Pick<Grant, 'id' | 'state'> | undefined;
};

/** The first that is not active, from the widest to the narrowest: with a tenant or person others are frozen. Nobody: it stands. */
export function firstStop({ client, agent, tenant, user, grant }: Behind): Stopped | undefined {
  const parts = [
    ['tenant', tenant, `The tenant ${tenant?.name ?? ''}`],
    ['client', client, `The client ${client.name}`],
    ['user', user, `The user ${user?.name ?? user?.id ?? ''}`],
    ['agent', agent, 'The agent'],
    ['grant', grant, 'What the user allowed'],
  ] as const;
  for (const [what, one, name] of parts)
    if (one !== undefined && one.state !== 'active') return stop(what, one.id, one.state, `${name} is ${one.state}.`);
  return undefined;
}

/** `sentence`: for whoever asks why the way is shut. */
export function stop(what: Stopped['what'], id: string, state: string, sentence: string): Stopped {
  return { what, id, state, sentence };
}
