import { ask, read, readList } from '../../api/client.ts';
import { Word } from '../../ui/badge.tsx';
import { Time } from '../../ui/time.tsx';
import { ClientLink } from '../../kit/client-name.tsx';
import { ObjectLink, Words } from '../../kit/object-link.tsx';
import type { Spec } from '../../kit/spec.ts';
import type { Value } from '../../api/use-read.ts';
import { REASON, stopDeeds } from '../generic/stop-deeds.tsx';
import { GrantEnd } from './grant-end.tsx';

type Grant = Value<'getGrantsById'>;
type Approval = Value<'getApprovalsById'>;

export const grants: Spec<Grant> = {
  room: 'grants',
  title: 'Grants',
  one: 'grant',
  lead: 'What people allowed which clients: resource, scopes, tenant, and until when.',
  list: (query) => readList('getGrants', query),
  columns: [
    { title: 'Grant', cell: ({ id }) => <ObjectLink room="grants" id={id} /> },
    { title: 'Client', cell: ({ client }) => <ClientLink id={client} /> },
    { title: 'User', cell: ({ user }) => <ObjectLink room="users" id={user} /> },
    { title: 'Resource', from: 'sm', cell: ({ resource }) => <ObjectLink room="resources" id={resource} /> },
    { title: 'Scopes', from: 'md', cell: ({ scopes }) => <Words of={scopes} /> },
    { title: 'State', cell: ({ state }) => <Word of={state} /> },
    { title: 'Since', from: 'lg', cell: ({ createdAt }) => <Time at={createdAt} /> },
  ],
  filters: [
    { name: 'client', label: 'Client' },
    { name: 'user', label: 'User' },
    { name: 'resource', label: 'Resource' },
    { name: 'state', label: 'State', options: ['active', 'frozen', 'revoked'] },
  ],
  empty: 'Nobody has allowed anything yet. A grant appears when somebody agrees on the consent page.',
  idOf: ({ id }) => id,
  find: (id) => read('getGrantsById', { path: { id } }),
  marks: ({ state, persistent }) => (
    <>
      <Word of={state} /> {persistent ? 'also while the person is away' : 'while the person is there'}
    </>
  ),
  actions: (grant) => <GrantEnd of={grant} />,
  deeds: stopDeeds<Grant>({
    what: 'The agent loses what this person allowed it here; its tokens of it die within seconds.',
    freeze: (id, body) => ask('postGrantsByIdFreeze', { path: { id }, body }),
    unfreeze: (id, reason) => ask('postGrantsByIdUnfreeze', { path: { id }, body: { reason: reason ?? REASON } }),
    revoke: (id, reason) => ask('postGrantsByIdRevoke', { path: { id }, body: { reason: reason ?? REASON } }),
  }),
  activity: ({ id, agent }) => ({ query: { agent }, target: { type: 'grant', id } }),
  cli: ({ id }) => `writ grant revoke ${id}`,
};

export const approvals: Spec<Approval> = {
  room: 'approvals',
  title: 'Approvals',
  one: 'approval',
  lead: 'Decisions that agents asked of people, outside their own session.',
  list: (query) => readList('getApprovals', query),
  columns: [
    { title: 'Approval', cell: ({ id }) => <ObjectLink room="approvals" id={id} /> },
    { title: 'Client', cell: ({ client }) => <ClientLink id={client} /> },
    {
      title: 'Wants',
      cell: ({ resource, scopes }) => (
        <>
          <ObjectLink room="resources" id={resource} /> <Words of={scopes} />
        </>
      ),
    },
    { title: 'State', cell: ({ state }) => <Word of={state} /> },
    { title: 'Asked', from: 'sm', cell: ({ createdAt }) => <Time at={createdAt} /> },
    { title: 'Ends', from: 'md', cell: ({ expiresAt }) => <Time at={expiresAt} /> },
  ],
  filters: [
    { name: 'state', label: 'State', options: ['pending', 'given', 'refused', 'expired', 'used'] },
    { name: 'client', label: 'Client' },
    { name: 'agent', label: 'Agent' },
    { name: 'user', label: 'User' },
  ],
  empty: 'Nothing was asked. A rule with effect require and an approval makes an agent ask.',
  command: 'writ approval ls',
  idOf: ({ id }) => id,
  find: (id) => read('getApprovalsById', { path: { id } }),
  marks: ({ state }) => <Word of={state} />,
  deeds: [
    {
      verb: 'Approve',
      fits: ({ state }) => state === 'pending',
      run: (id, reason) => ask('postApprovalsByIdGive', { path: { id }, body: reason === undefined ? {} : { reason } }),
      reason: true,
    },
    {
      verb: 'Refuse',
      fits: ({ state }) => state === 'pending',
      run: (id, reason) => ask('postApprovalsByIdRefuse', { path: { id }, body: reason === undefined ? {} : { reason } }),
      reason: true,
    },
  ],
  activity: ({ id }) => ({ target: { type: 'approval', id } }),
  cli: ({ id }) => `writ approval give ${id}`,
};
