import { describe, expect, test } from 'vitest';
import { chainIn, chainOf, drawChain } from './chain.ts';

const plain = { paint: (_: string, text: string) => text };
const act = { sub: 'ledger', agent: 'agt_3', act: { sub: 'expenses', agent: 'agt_2', act: { sub: 'assistant', agent: 'agt_1' } } };
const claims = { sub: 'ann', client_id: 'ledger', aud: 'https://archive.test', scope: 'receipts:read', auth_time: 1, act };

const edge = (jti: string, parent: string | null, from: string, to: string, resource: string, scopes: string[], state: string) => ({
  jti,
  parent,
  from,
  to,
  resource,
  scopes,
  state,
});
const graph = {
  nodes: [
    { id: 'ann', kind: 'user', client: null, state: 'active' },
    { id: 'agt_1', kind: 'agent', client: 'assistant', state: 'active' },
    { id: 'agt_2', kind: 'agent', client: 'expenses', state: 'revoked' },
    { id: 'agt_3', kind: 'agent', client: 'ledger', state: 'active' },
  ],
  edges: [
    edge('t1', null, 'ann', 'agt_1', 'expenses', ['expenses:read'], 'good'),
    edge('t2', 't1', 'agt_1', 'agt_2', 'ledger', ['entries:read'], 'stopped'),
    edge('t2b', 't1', 'agt_1', 'agt_2', 'ledger', ['entries:write'], 'stopped'),
    edge('t3', 't2', 'agt_2', 'agt_3', 'archive', ['receipts:read'], 'stopped'),
  ],
};

describe('the chain of a token', () => {
  test('as the hub has it on record is drawn with scopes and states, and without what went elsewhere', () => {
    expect(drawChain(plain, chainIn(graph, 't3') ?? [])).toEqual([
      'user ann [active]',
      '└─ client assistant agt_1 [active]: expenses:read at expenses [good]',
      '   └─ client expenses agt_2 [revoked]: entries:read at ledger [stopped]',
      '      └─ client ledger agt_3 [active]: receipts:read at archive [stopped]',
    ]);
  });

  test('as the token tells it has everybody, and the scopes of the last alone', () => {
    expect(drawChain(plain, chainOf(claims))).toEqual([
      'user ann',
      '└─ client assistant agt_1',
      '   └─ client expenses agt_2',
      '      └─ client ledger agt_3: receipts:read at https://archive.test',
    ]);
  });

  test('of a client for itself has no person', () => {
    expect(drawChain(plain, chainOf({ sub: 'worker', client_id: 'worker', scope: '' }))).toEqual(['client worker: no scopes']);
    const own = {
      nodes: [{ id: 'agt_9', kind: 'agent', client: 'worker', state: 'active' }],
      edges: [edge('t', null, 'agt_9', 'agt_9', 'x', [], 'good')],
    };
    expect(drawChain(plain, chainIn(own, 't') ?? [])).toEqual(['client worker agt_9 [active]: no scopes at x [good]']);
  });

  test('that the record does not hold as a whole is not half drawn', () => {
    expect(chainIn({ ...graph, edges: graph.edges.slice(1) }, 't3')).toBeUndefined();
    expect(chainIn(undefined, 't3')).toBeUndefined();
  });

  test('never runs in a circle, and cannot steer a terminal', () => {
    const circle = { ...graph, edges: [edge('a', 'b', 'x', 'agt_1', 'r', [], 'good'), edge('b', 'a', 'x', 'agt_2', 'r', [], 'good')] };
    expect(chainIn(circle, 'a')).toHaveLength(20);
    const endless: Record<string, unknown> = { sub: 'x' };
    endless['act'] = endless;
    expect(chainOf({ sub: 'ann', act: endless })).toHaveLength(21);
    expect(drawChain(plain, chainOf({ sub: 'a\u001b[2J', client_id: 'c' })).join('')).not.toContain('\u001b');
  });
});
