import { ask, read, readList } from '../../api/client.ts';
import type { Value } from '../../api/use-read.ts';
import { Word } from '../../ui/badge.tsx';
import { Time } from '../../ui/time.tsx';
import { ObjectLink } from '../../kit/object-link.tsx';
import type { Spec } from '../../kit/spec.ts';
import { REASON, stopDeeds } from '../generic/stop-deeds.tsx';
import { Secrets } from './secrets.tsx';
import { accessPart } from '../graph/tab.tsx';

export type Client = Value<'getClientsById'>;

export const clients: Spec<Client> = {
  room: 'clients',
  title: 'Clients',
  one: 'client',
  lead: 'Programs that ask for tokens: registered here, by themselves (DCR), by their own document (CIMD), or vouched for by a platform (workload).',
  list: (query) => readList('getClients', query),
  columns: [
    { title: 'Client', cell: ({ id, name }) => <ObjectLink room="clients" id={id} name={name} /> },
    {
      title: 'Registration',
      cell: ({ registrationType, status }) => (
        <>
          <span>{registrationType}</span> <Word of={status} />
        </>
      ),
    },
    { title: 'Id', from: 'lg', cell: ({ id }) => <code className="text-[0.86rem] text-soft [overflow-wrap:anywhere]">{id}</code> },
    { title: 'State', cell: ({ state }) => <Word of={state} /> },
    { title: 'Made', from: 'md', cell: ({ createdAt }) => <Time at={createdAt} /> },
  ],
  filters: [
    { name: 'name', label: 'Name' },
    { name: 'registrationType', label: 'Registration', options: ['manual', 'dcr', 'cimd', 'workload'] },
    { name: 'status', label: 'Evidence', options: ['verified', 'unverified'] },
    { name: 'state', label: 'State', options: ['active', 'frozen', 'revoked'] },
    { name: 'kind', label: 'Kind', options: ['app', 'cli', 'service', 'agent'] },
    { name: 'tag', label: 'Tag' },
  ],
  empty: 'No client yet. MCP clients appear by themselves when they first connect; the others are made here or with the program.',
  command: 'writ client create my-cli --kind cli --public --redirect-uri http://127.0.0.1/callback',
  idOf: ({ id }) => id,
  nameOf: ({ name }) => name,
  find: (id) => read('getClientsById', { path: { id } }),
  marks: ({ registrationType, status, state }) => (
    <>
      {registrationType} <Word of={status} /> <Word of={state} />
    </>
  ),
  collection: 'clients',
  put: (id, body) => ask('putClientsById', { path: { id }, body: { name: id, ...body } }),
  isWritten: ({ id, registrationType }) => id !== 'writ-console' && (registrationType === 'manual' || registrationType === 'workload'),
  isRemovable: ({ id }) => id !== 'writ-console',
  remove: (id) => ask('deleteClientsById', { path: { id } }),
  removing: 'Its secrets, refresh tokens and everything issued to it end at once; agents that act through it stop.',
  deeds: stopDeeds<Client>({
    what: 'Every agent that acts through this client stops: tokens are refused at issue from now on, and live ones die at resource servers within seconds.',
    freeze: (id, body) => ask('postClientsByIdFreeze', { path: { id }, body }),
    unfreeze: (id, reason) => ask('postClientsByIdUnfreeze', { path: { id }, body: { reason: reason ?? REASON } }),
    revoke: (id, reason) => ask('postClientsByIdRevoke', { path: { id }, body: { reason: reason ?? REASON } }),
  }),
  parts: [{ id: 'secrets', title: 'Secrets', body: (client) => <Secrets client={client} /> }, accessPart('client', ({ id }) => id)],
  activity: ({ id }) => ({
    query: { client: id },
    target: { type: 'client', id },
  }),
  cli: ({ id }) => `writ export | less   # under clients: ${id}\nwrit apply hub.yaml      # after a change`,
};
