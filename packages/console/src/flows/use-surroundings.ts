import type { FlowGraph } from '@writ/flow';
import { useMemo } from 'react';
import { useRead } from '../api/use-read.ts';
import { documentIn, readableIn } from './model/record.ts';
import { signsIn } from './model/sign-in.ts';
import type { Listed, Surroundings } from './ui/hub.ts';

const MANY = { query: { limit: 200 } } as const;

/** What there is at the hub that a flow may name, or run for. Undefined while it is looked up; what may not be read is empty. */
export function useSurroundings(): Surroundings | undefined {
  const flows = useRead('getFlows', MANY);
  const connections = useRead('getConnections', MANY);
  const clients = useRead('getClients', MANY);
  const resources = useRead('getResources', MANY);
  const tenants = useRead('getTenants', MANY);
  const users = useRead('getUsers', MANY);
  const providers = useRead('getIdentityProviders', MANY);
  const secrets = useRead('getFlowSecrets', MANY);
  const waiting = [flows, connections, clients, resources, tenants, users, providers, secrets].some(({ isPending }) => isPending);
  return useMemo(() => {
    if (waiting) return undefined;
    const graphs = new Map<string, FlowGraph | undefined>((flows.data?.items ?? []).map((one) => [one.id, readableIn(documentIn(one))]));
    return {
      flows: listed(flows.data?.items),
      connections: listed(connections.data?.items),
      clients: (clients.data?.items ?? []).map(({ id, name, grants }) => ({ id, name, signsIn: signsIn(grants) })),
      resources: listed(resources.data?.items),
      tenants: listed(tenants.data?.items),
      providers: listed(providers.data?.items),
      secrets: (secrets.data?.items ?? []).map(({ id, hosts }) => ({ id, name: hosts.join(', ') })),
      users: (users.data?.items ?? []).map(({ id, name = id }) => ({ id, name })),
      scopes: Object.fromEntries(
        (resources.data?.items ?? []).map(({ id, scopes }) => [id, scopes.map(({ name, title = '' }) => ({ id: name, name: title }))]),
      ),
      library: (id: string) => graphs.get(id),
    };
  }, [waiting, flows.data, connections.data, clients.data, resources.data, tenants.data, users.data, providers.data, secrets.data]);
}

function listed(items: readonly { id: string; name?: string | null | undefined }[] = []): readonly Listed[] {
  return items.map(({ id, name }) => ({ id, name: name ?? id }));
}
