import { ask, read, readList } from '../../api/client.ts';
import type { Value } from '../../api/use-read.ts';
import { Badge, Word } from '../../ui/badge.tsx';
import { Time } from '../../ui/time.tsx';
import { ObjectLink, Words } from '../../kit/object-link.tsx';
import type { Spec } from '../../kit/spec.ts';
import { ClaimsPreview } from './claims-preview.tsx';

type Issuer = Value<'getIssuersById'>;
type PolicyTest = Value<'getPolicyTestsById'>;

export const issuers: Spec<Issuer> = {
  room: 'issuers',
  title: 'Issuers',
  one: 'issuer',
  lead: 'Whose assertions the hub believes: platforms that vouch for workloads, and providers that vouch for people.',
  list: (query) => readList('getIssuers', query),
  columns: [
    { title: 'Issuer', cell: ({ id }) => <ObjectLink room="issuers" id={id} /> },
    { title: 'Address', cell: ({ issuer }) => <code className="text-[0.9rem] [overflow-wrap:anywhere]">{issuer}</code> },
    { title: 'For', from: 'sm', cell: ({ purposes }) => <Words of={purposes} /> },
    { title: 'Tenant', from: 'md', cell: ({ tenant }) => <ObjectLink room="tenants" id={tenant} /> },
  ],
  empty: 'Nobody else is believed yet. With a trusted issuer a workload needs no secret.',
  command: 'writ trust check <jwt>',
  idOf: ({ id }) => id,
  find: (id) => read('getIssuersById', { path: { id } }),
  marks: ({ preset }) => (preset === undefined ? null : <Badge>{preset}</Badge>),
  collection: 'issuers',
  put: (id, body) => ask('putIssuersById', { path: { id }, body: { issuer: '', ...body } }),
  remove: (id) => ask('deleteIssuersById', { path: { id } }),
  removing: 'Whoever it vouches for is refused from the next request on.',
  parts: [
    {
      id: 'try',
      title: 'Try claims',
      body: ({ id }) => <ClaimsPreview run={(claims) => read('postIssuersByIdPreview', { path: { id }, body: { claims } })} />,
    },
  ],
  activity: ({ id }) => ({ target: { type: 'issuer', id } }),
  cli: () => 'writ trust ls',
};

export const policyTests: Spec<PolicyTest> = {
  room: 'policy-tests',
  title: 'Saved tests',
  one: 'test',
  lead: 'Requests with the answer that they must get. A change of policies that breaks one is refused.',
  list: (query) => readList('getPolicyTests', query),
  columns: [
    { title: 'Test', cell: ({ id, name }) => <ObjectLink room="policy-tests" id={id} name={name} /> },
    {
      title: 'Expects',
      cell: ({ expect }) => (
        <>
          {expect.outcome === undefined ? null : <Word of={expect.outcome} />} <Words of={expect.granted} />
        </>
      ),
    },
    { title: 'Changed', from: 'sm', cell: ({ updatedAt }) => <Time at={updatedAt} /> },
  ],
  empty: 'No test yet. One that says what must never be allowed is a good first.',
  command: 'writ policy test tests.yaml',
  idOf: ({ id }) => id,
  nameOf: ({ id, name }) => name ?? id,
  find: (id) => read('getPolicyTestsById', { path: { id } }),
  collection: 'policyTests',
  put: (id, body) => ask('putPolicyTestsById', { path: { id }, body: { request: {}, expect: {}, ...body } }),
  remove: (id) => ask('deletePolicyTestsById', { path: { id } }),
  removing: 'Nothing guards this case any more.',
  cli: () => 'writ policy test',
};
