import { ask, read, readList } from '../../api/client.ts';
import type { Value } from '../../api/use-read.ts';
import { Time } from '../../ui/time.tsx';
import { ObjectLink, Words } from '../../kit/object-link.tsx';
import type { Spec } from '../../kit/spec.ts';

type FlowSecret = Value<'getFlowSecretsById'>;

export const flowSecrets: Spec<FlowSecret> = {
  room: 'flow-secrets',
  title: 'Secrets of flows',
  one: 'secret',
  lead: 'What calls of flows prove themselves with. A secret goes to the hosts it names and to no others, and is never shown again.',
  list: (query) => readList('getFlowSecrets', query),
  columns: [
    { title: 'Secret', cell: ({ id }) => <ObjectLink room="flow-secrets" id={id} /> },
    { title: 'Goes to', cell: ({ hosts }) => <Words of={hosts} /> },
    { title: 'Made', from: 'sm', cell: ({ createdAt }) => <Time at={createdAt} /> },
  ],
  empty: 'None. A call in a flow that needs one says its name.',
  command: 'writ apply hub.yaml',
  idOf: ({ id }) => id,
  find: (id) => read('getFlowSecretsById', { path: { id } }),
  collection: 'flowSecrets',
  put: (id, body) => ask('putFlowSecretsById', { path: { id }, body: JSON.parse(JSON.stringify(body)) }),
  remove: (id) => ask('deleteFlowSecretsById', { path: { id } }),
  removing: 'Calls of flows that name it fail from the next one on.',
  cli: () => 'writ apply hub.yaml',
};
