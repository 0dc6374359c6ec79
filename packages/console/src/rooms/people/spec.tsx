import { ask, read, readList } from '../../api/client.ts';
import type { Value } from '../../api/use-read.ts';
import { Word } from '../../ui/badge.tsx';
import { Command } from '../../ui/code.tsx';
import { Time } from '../../ui/time.tsx';
import { ObjectLink, Words } from '../../kit/object-link.tsx';
import type { Spec } from '../../kit/spec.ts';
import { AgentsOf } from '../agents/agents-of.tsx';
import { REASON, stopDeeds } from '../generic/stop-deeds.tsx';
import { Factors } from './factors.tsx';
import { accessPart } from '../graph/tab.tsx';

type User = Value<'getUsersById'>;
type Tenant = Value<'getTenantsById'>;
type Role = Value<'getRolesByName'>;

function linkIn(value: unknown) {
  const link = typeof value === 'object' && value !== null && 'link' in value ? String(value.link) : '';
  return (
    <div className="grid gap-2">
      <p>It works once. Hand it over now; it is not shown again.</p>
      <Command text={link} />
    </div>
  );
}

export const users: Spec<User> = {
  room: 'users',
  title: 'Users',
  one: 'user',
  lead: 'People who sign in here, and for whom agents act.',
  list: (query) => readList('getUsers', query),
  columns: [
    { title: 'User', cell: ({ id, name, email }) => <ObjectLink room="users" id={id} name={name ?? String(email)} /> },
    { title: 'E-mail', from: 'sm', cell: ({ email }) => <bdi>{String(email)}</bdi> },
    { title: 'Tenants', from: 'md', cell: ({ tenants: of }) => <Words of={of.map(({ id }) => id)} /> },
    { title: 'State', cell: ({ state }) => <Word of={state} /> },
    { title: 'Made', from: 'lg', cell: ({ createdAt }) => <Time at={createdAt} /> },
  ],
  filters: [
    { name: 'email', label: 'E-mail' },
    { name: 'tenant', label: 'Tenant' },
    { name: 'state', label: 'State', options: ['active', 'frozen', 'revoked'] },
  ],
  empty: 'Nobody yet.',
  command: 'writ user invite ann@example.com',
  idOf: ({ id }) => id,
  nameOf: ({ name, email }) => name ?? String(email),
  find: (id) => read('getUsersById', { path: { id } }),
  marks: ({ email, state }) => (
    <>
      <bdi>{String(email)}</bdi> <Word of={state} />
    </>
  ),
  collection: 'users',
  put: (id, body) => ask('putUsersById', { path: { id }, body: { email: '', ...body } }),
  remove: (id) => ask('deleteUsersById', { path: { id } }),
  removing: 'Everything issued for this person ends, and the person is erased but for the id. It is final.',
  deeds: [
    ...stopDeeds<User>({
      what: 'The person cannot sign in, is signed out everywhere, and every agent that acts for them stops.',
      freeze: (id, body) => ask('postUsersByIdFreeze', { path: { id }, body }),
      unfreeze: (id, reason) => ask('postUsersByIdUnfreeze', { path: { id }, body: { reason: reason ?? REASON } }),
    }),
    { verb: 'Sign out everywhere', fits: ({ state }) => state === 'active', run: (id) => ask('postUsersByIdSignOut', { path: { id } }) },
    {
      verb: 'Password link',
      fits: ({ state }) => state === 'active',
      run: (id) => ask('postUsersByIdPasswordLink', { path: { id } }),
      tell: linkIn,
    },
    {
      verb: 'Console link',
      fits: ({ state }) => state === 'active',
      run: (id) => ask('postUsersByIdConsoleLink', { path: { id } }),
      tell: linkIn,
    },
  ],
  parts: [
    { id: 'agents', title: 'Agents', body: ({ id }) => <AgentsOf query={{ user: id }} empty="No agent acts for this person." /> },
    { id: 'factors', title: 'Factors', body: ({ id }) => <Factors user={id} /> },
    accessPart('user', ({ id }) => id),
  ],
  activity: ({ id }) => ({
    query: { user: id },
    target: { type: 'user', id },
  }),
  cli: ({ id }) => `writ user console ${id}\nwrit grant ls --user ${id}`,
};

export const tenants: Spec<Tenant> = {
  room: 'tenants',
  title: 'Tenants',
  one: 'tenant',
  lead: 'Organisations: their people, domains, lifetimes, and the chain of the record that is theirs.',
  list: (query) => readList('getTenants', query),
  columns: [
    { title: 'Tenant', cell: ({ id, name }) => <ObjectLink room="tenants" id={id} name={name} /> },
    { title: 'Domains', from: 'sm', cell: ({ domains }) => <Words of={domains} /> },
    { title: 'State', cell: ({ state }) => <Word of={state} /> },
    { title: 'Made', from: 'md', cell: ({ createdAt }) => <Time at={createdAt} /> },
  ],
  empty: 'No tenant. A hub for one organisation needs none.',
  command: 'writ apply hub.yaml',
  idOf: ({ id }) => id,
  nameOf: ({ name }) => name,
  find: (id) => read('getTenantsById', { path: { id } }),
  marks: ({ state }) => <Word of={state} />,
  collection: 'tenants',
  put: (id, body) => ask('putTenantsById', { path: { id }, body: { name: id, ...body } }),
  remove: (id) => ask('deleteTenantsById', { path: { id } }),
  removing: 'It is revoked for good, with everything issued under it. Its id cannot be used again.',
  deeds: stopDeeds<Tenant>({
    what: 'Every agent of this tenant stops, whoever it acts for. Nothing is issued under it any more, and live tokens die within seconds.',
    freeze: (id, body) => ask('postTenantsByIdFreeze', { path: { id }, body }),
    unfreeze: (id, reason) => ask('postTenantsByIdUnfreeze', { path: { id }, body: { reason: reason ?? REASON } }),
  }),
  parts: [
    { id: 'agents', title: 'Agents', body: ({ id }) => <AgentsOf query={{ tenant: id }} empty="No agent acts in this tenant." /> },
    accessPart('tenant', ({ id }) => id),
  ],
  activity: ({ id }) => ({
    query: { tenant: id },
    target: { type: 'tenant', id },
  }),
};

export const roles: Spec<Role> = {
  room: 'roles',
  title: 'Roles',
  one: 'role',
  lead: 'What somebody is in a tenant. Policies look at roles and at their permissions.',
  list: (query) => readList('getRoles', query),
  columns: [
    { title: 'Role', cell: ({ name }) => <ObjectLink room="roles" id={name} /> },
    { title: 'For', cell: ({ description }) => description ?? <span className="text-soft">–</span> },
    { title: 'Permissions', from: 'sm', cell: ({ permissions }) => <Words of={permissions} /> },
  ],
  empty: 'No role yet.',
  command: 'writ apply hub.yaml',
  idOf: ({ name }) => name,
  find: (name) => read('getRolesByName', { path: { name } }),
  collection: 'roles',
  put: (name, body) => ask('putRolesByName', { path: { name }, body }),
  remove: (name) => ask('deleteRolesByName', { path: { name } }),
  removing: 'Whoever has it has it no more, and rules that look at it match nobody by it.',
  parts: [accessPart('role', ({ name }) => name)],
};
