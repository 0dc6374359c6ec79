import { ask, read, readList } from '../../api/client.ts';
import type { Value } from '../../api/use-read.ts';
import { Badge, Word } from '../../ui/badge.tsx';
import { Time } from '../../ui/time.tsx';
import { ObjectLink, Words } from '../../kit/object-link.tsx';
import type { Spec } from '../../kit/spec.ts';
import { boundWords } from './bounds.ts';
import { REASON, stopDeeds } from '../generic/stop-deeds.tsx';
import { ConnectLink } from './connect-link.tsx';
import { CredentialsOf } from './credentials-of.tsx';
import { accessPart } from '../graph/tab.tsx';

type Connection = Value<'getConnectionsById'>;
export type Credential = Value<'getCredentialsById'>;

export const connections: Spec<Connection> = {
  room: 'connections',
  title: 'Connections',
  one: 'connection',
  lead: 'Services that agents reach with credentials of the vault. What goes in is never shown again; what comes out goes through policy.',
  list: (query) => readList('getConnections', query),
  columns: [
    { title: 'Connection', cell: ({ id, name }) => <ObjectLink room="connections" id={id} name={name} /> },
    { title: 'Type', cell: ({ type }) => <Badge>{type}</Badge> },
    { title: 'Provider', from: 'sm', cell: ({ provider }) => provider ?? <span className="text-soft">own</span> },
    { title: 'Owners', from: 'md', cell: ({ owners }) => <Words of={owners} /> },
    { title: 'State', cell: ({ state }) => <Word of={state} /> },
    { title: 'Made', from: 'lg', cell: ({ createdAt }) => <Time at={createdAt} /> },
  ],
  empty: 'No service is connected yet. The catalogue knows the usual ones:',
  command: 'writ provider ls',
  idOf: ({ id }) => id,
  nameOf: ({ id, name }) => name ?? id,
  find: (id) => read('getConnectionsById', { path: { id } }),
  marks: ({ type, state }) => (
    <>
      <Badge>{type}</Badge> <Word of={state} />
    </>
  ),
  collection: 'connections',
  put: (id, body) => ask('putConnectionsById', { path: { id }, body: { type: 'api_key', ...body } }),
  remove: (id) => ask('deleteConnectionsById', { path: { id } }),
  removing: 'Only a connection without credentials can be removed: take those away first.',
  deeds: stopDeeds<Connection>({
    what: 'Nothing of it is handed out, nobody connects an account, nothing is refreshed.',
    freeze: (id, body) => ask('postConnectionsByIdFreeze', { path: { id }, body }),
    unfreeze: (id, reason) => ask('postConnectionsByIdUnfreeze', { path: { id }, body: { reason: reason ?? REASON } }),
    revoke: (id, reason) => ask('postConnectionsByIdRevoke', { path: { id }, body: { reason: reason ?? REASON } }),
  }),
  parts: [
    { id: 'credentials', title: 'Credentials', body: ({ id }) => <CredentialsOf connection={id} /> },
    { id: 'connect', title: 'Connect an account', body: (connection) => <ConnectLink of={connection} /> },
    accessPart('connection', ({ id }) => id),
  ],
  says: {
    tenants: (connection) => boundWords(connection, 'tenants'),
    allowedHosts: (connection) => boundWords(connection, 'allowedHosts'),
    allowedMethods: (connection) => boundWords(connection, 'allowedMethods'),
    allowedPaths: (connection) => boundWords(connection, 'allowedPaths'),
  },
  activity: ({ id }) => ({ target: { type: 'connection', id } }),
  cli: ({ id }) => `writ credential ls --connection ${id}\nwrit connect --help`,
};

/** The API shows moments in milliseconds, and takes them as they are written. */
function dated(body: object): object {
  const end = 'expiresAt' in body ? body.expiresAt : undefined;
  return typeof end === 'number' ? { ...body, expiresAt: new Date(end).toISOString() } : body;
}

function ownerOf({ owner }: Credential) {
  const [kind, id] = Object.entries(owner)[0] ?? [];
  return kind === undefined || id === undefined ? <span className="text-soft">–</span> : <ObjectLink room={`${kind}s`} id={id} />;
}

export const credentials: Spec<Credential> = {
  room: 'credentials',
  title: 'Credentials',
  one: 'credential',
  lead: 'Accounts and keys in the vault: whose they are, what they may, whether they still work. Never the secret itself.',
  list: (query) => readList('getCredentials', query),
  columns: [
    { title: 'Credential', cell: ({ id, label }) => <ObjectLink room="credentials" id={id} name={label === '' ? undefined : label} /> },
    { title: 'Connection', cell: ({ connection }) => <ObjectLink room="connections" id={connection} /> },
    { title: 'Owner', cell: ownerOf },
    { title: 'Scopes', from: 'lg', cell: ({ granted }) => <Words of={granted} /> },
    {
      title: 'State',
      cell: ({ state, failure }) => (
        <>
          <Word of={state} />
          {failure === null ? null : <p className="text-[0.86rem] text-high">{failure}</p>}
        </>
      ),
    },
    { title: 'Ends', from: 'md', cell: ({ expiresAt }) => <Time at={expiresAt} /> },
  ],
  filters: [
    { name: 'connection', label: 'Connection' },
    { name: 'user', label: 'User' },
    { name: 'state', label: 'State', options: ['active', 'failed', 'locked', 'revoked'] },
  ],
  empty: 'The vault is empty. People fill it by connecting accounts; an administrator puts keys into it.',
  command: 'writ credential put <connection> --user <id>',
  idOf: ({ id }) => id,
  nameOf: ({ id, label }) => (label === '' ? id : label),
  find: (id) => read('getCredentialsById', { path: { id } }),
  marks: ({ kind, state }) => (
    <>
      {kind} <Word of={state} />
    </>
  ),
  collection: 'credentials',
  put: (id, body) => ask('putCredentialsById', { path: { id }, body: JSON.parse(JSON.stringify(dated(body))) }),
  // What came by a sign-in at the service is renewed there, not typed.
  isWritten: ({ kind }) => kind !== 'oauth',
  isRemovable: () => true,
  remove: (id) => ask('deleteCredentialsById', { path: { id } }),
  removing:
    'It is unreadable at once, and taken back at the service where the service knows how. Agents that use it have to be connected anew.',
  deeds: [
    {
      verb: 'Lock',
      fits: ({ state }) => state === 'active',
      run: (id) => ask('postCredentialsByIdLock', { path: { id } }),
      breaks: 'It is neither handed out nor refreshed until it is unlocked.',
    },
    { verb: 'Unlock', fits: ({ state }) => state === 'locked', run: (id) => ask('postCredentialsByIdUnlock', { path: { id } }) },
    {
      verb: 'Refresh now',
      fits: ({ refreshable, state }) => refreshable && state !== 'revoked',
      run: (id) => ask('postCredentialsByIdRefresh', { path: { id } }),
    },
  ],
  activity: ({ id }) => ({ target: { type: 'credential', id } }),
  cli: ({ id }) => `writ credential rm ${id}`,
};
