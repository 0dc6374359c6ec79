import { ask, read, readList } from '../../api/client.ts';
import type { Value } from '../../api/use-read.ts';
import { Badge } from '../../ui/badge.tsx';
import { CopyId } from '../../ui/code.tsx';
import { Time } from '../../ui/time.tsx';
import { ObjectLink } from '../../kit/object-link.tsx';
import type { Spec } from '../../kit/spec.ts';
import { Connect } from './connect.tsx';
import { Doctor } from './doctor.tsx';
import { registrationWords } from './registration.ts';
import { Scopes } from './scopes.tsx';
import { accessPart } from '../graph/tab.tsx';

export type Resource = Value<'getResourcesById'>;

export const resources: Spec<Resource> = {
  room: 'resources',
  title: 'Resources',
  one: 'resource',
  lead: 'MCP servers and APIs that take this hub’s tokens: their address is the audience, their scopes are what can be allowed.',
  list: (query) => readList('getResources', query),
  columns: [
    { title: 'Resource', cell: ({ id, name }) => <ObjectLink room="resources" id={id} name={name} /> },
    { title: 'Type', cell: ({ type }) => <Badge>{type}</Badge> },
    { title: 'Address', from: 'md', cell: ({ uri }) => <CopyId id={uri} /> },
    { title: 'Scopes', cell: ({ scopes }) => scopes.length, end: true },
    { title: 'Tools', from: 'sm', cell: ({ tools }) => tools.length, end: true },
    { title: 'Made', from: 'lg', cell: ({ createdAt }) => <Time at={createdAt} /> },
  ],
  empty: 'Nothing is protected yet. Put OAuth in front of your first server:',
  command: 'npm start -- --protect http://localhost:3000/mcp',
  idOf: ({ id }) => id,
  nameOf: ({ id, name }) => name ?? id,
  find: (id) => read('getResourcesById', { path: { id } }),
  marks: ({ type, uri }) => (
    <>
      <Badge>{type}</Badge> <CopyId id={uri} />
    </>
  ),
  collection: 'resources',
  put: (id, body) => ask('putResourcesById', { path: { id }, body: { type: 'mcp', uri: '', scopes: [], ...body } }),
  remove: (id) => ask('deleteResourcesById', { path: { id } }),
  removing: 'Its tokens are refused, grants for it end, and policies that name it name nothing.',
  elsewhere: ['scopes', 'tools'],
  parts: [
    { id: 'scopes', title: 'Scopes and tools', body: (resource) => <Scopes of={resource} /> },
    { id: 'connect', title: 'Connect', body: (resource) => <Connect of={resource} /> },
    { id: 'test', title: 'Test', body: (resource) => <Doctor of={resource} /> },
    accessPart('resource', ({ id }) => id),
  ],
  says: { registration: ({ registration }) => registrationWords(registration) },
  activity: ({ id }) => ({ target: { type: 'resource', id } }),
  cli: ({ id, uri }) => `writ doctor ${uri}   # does it find its way to the hub?\nwrit apply hub.yaml   # ${id}, from the YAML`,
};
