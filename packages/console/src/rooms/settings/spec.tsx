import { ask, read, readList } from '../../api/client.ts';
import type { Value } from '../../api/use-read.ts';
import { Badge, Word } from '../../ui/badge.tsx';
import { Time } from '../../ui/time.tsx';
import { ObjectLink, Words } from '../../kit/object-link.tsx';
import type { Spec } from '../../kit/spec.ts';
import { ClaimsPreview } from './claims-preview.tsx';

type Issuer = Value<'getIssuersById'>;
type Sink = Value<'getSinksById'>;
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

export const sinks: Spec<Sink> = {
  room: 'sinks',
  title: 'Sinks',
  one: 'sink',
  lead: 'Where the record is streamed to: at least once, in order, with nothing left out while a sink is away.',
  list: (query) => readList('getSinks', query),
  columns: [
    { title: 'Sink', cell: ({ id, name }) => <ObjectLink room="sinks" id={id} name={name} /> },
    {
      title: 'Type',
      cell: ({ type, format }) => (
        <>
          <Badge>{type}</Badge> <span className="text-soft">{format}</span>
        </>
      ),
    },
    {
      title: 'Health',
      cell: ({ health, state }) => (
        <>
          <Word of={state === 'paused' ? 'paused' : health.status} />
          {health.sentence === null ? null : <p className="text-[0.86rem] text-high">{health.sentence}</p>}
        </>
      ),
    },
    { title: 'Waiting', end: true, cell: ({ pending }) => pending.toLocaleString('en') },
    { title: 'Dead', from: 'sm', end: true, cell: ({ deadLetters }) => deadLetters.toLocaleString('en') },
    { title: 'Delivered', from: 'md', end: true, cell: ({ delivered }) => delivered.toLocaleString('en') },
    { title: 'Last', from: 'md', cell: ({ deliveredAt }) => <Time at={deliveredAt} /> },
  ],
  empty: 'The record stays here. A sink brings it to your SIEM.',
  command: 'writ apply hub.yaml',
  idOf: ({ id }) => id,
  nameOf: ({ id, name }) => name ?? id,
  find: (id) => read('getSinksById', { path: { id } }),
  marks: ({ type, state, health }) => (
    <>
      <Badge>{type}</Badge> <Word of={state === 'paused' ? 'paused' : health.status} /> {health.sentence}
    </>
  ),
  collection: 'sinks',
  put: (id, body) => ask('putSinksById', { path: { id }, body: { type: 'webhook', ...body } }),
  remove: (id) => ask('deleteSinksById', { path: { id } }),
  removing: 'Nothing is delivered there any more, and what waits for it is given up.',
  deeds: [
    { verb: 'Send a test', fits: () => true, run: (id) => ask('postSinksByIdTest', { path: { id } }) },
    { verb: 'Pause', fits: ({ state }) => state === 'active', run: (id) => ask('postSinksByIdPause', { path: { id } }) },
    {
      verb: 'Resume',
      fits: ({ state, health }) => state === 'paused' || health.status === 'failing',
      run: (id) => ask('postSinksByIdResume', { path: { id } }),
    },
    {
      verb: 'Retry dead letters',
      fits: ({ deadLetters }) => deadLetters > 0,
      run: (id) => ask('postSinksByIdDeadLettersRetry', { path: { id }, body: {} }),
    },
  ],
  activity: ({ id }) => ({ target: { type: 'sink', id } }),
  cli: ({ id }) => `writ sink ls\nwrit sink test ${id}`,
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
