import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { z } from 'zod';
import * as decisions from './decide.suite.ts';
import { answerShape, basic, openDecisions, question, READ, worker } from './decide.suite.ts';
import type { World } from '../oauth/token/world.suite.ts';

let world: World;
beforeAll(async () => {
  world = await openDecisions();
});
afterAll(() => world.close());

const send = (path: string, body: unknown, headers: Record<string, string>) => decisions.send(world, path, body, headers);

describe('evaluations', () => {
  const many = async (body: object, headers = basic('ops-server')) => {
    const answer = await send('evaluations', body, headers);
    expect(answer.status).toBe(200);
    return z.object({ evaluations: z.array(answerShape) }).parse(await answer.json()).evaluations;
  };
  const actions = (...names: string[]) => names.map((name) => ({ action: { name } }));
  const { subject, resource } = question(worker, READ);

  it('take what stands at the top for what they leave out, and answer in their order', async () => {
    const evaluations = [...actions(READ, 'runbooks:read'), { action: { name: READ }, subject: { type: 'client', id: 'outsider' } }];
    const { result, entries } = await world.during(() => many({ subject, resource, evaluations }));
    expect(result.map(({ decision }) => decision)).toEqual([true, false, false]);
    expect(entries.map(({ type, outcome }) => [type, outcome])).toEqual([
      ['policy.decided', 'success'],
      ['policy.refused', 'refused'],
      ['policy.refused', 'refused'],
    ]);
  });

  it.each([
    ['execute_all', [true, false, true]],
    ['deny_on_first_deny', [true, false]],
    ['permit_on_first_permit', [true]],
  ])('%s', async (evaluations_semantic, expected) => {
    const evaluations = actions(READ, 'runbooks:read', READ);
    const { result, entries } = await world.during(() => many({ subject, resource, evaluations, options: { evaluations_semantic } }));
    expect(result.map(({ decision }) => decision)).toEqual(expected);
    expect(entries).toHaveLength(expected.length);
  });

  it('answer a malformed one at its place with no', async () => {
    const result = await many({ subject, resource, evaluations: [...actions(READ), {}, { action: { name: '' } }] });
    expect(result.map(({ decision }) => decision)).toEqual([true, false, false]);
    expect(result[1]?.context?.error?.status).toBe(400);
  });

  it('without any are one evaluation', async () => {
    for (const body of [question(worker, READ), { ...question(worker, READ), evaluations: [] }]) {
      const answer = await send('evaluations', body, basic('ops-server'));
      expect(answerShape.parse(await answer.json()).decision).toBe(true);
    }
  });

  it('are a hundred at most, of a semantics there is', async () => {
    const tooMany = { subject, resource, evaluations: actions(...Array.from({ length: 101 }, () => READ)) };
    expect((await send('evaluations', tooMany, basic('ops-server'))).status).toBe(400);
    const unknown = { subject, resource, evaluations: actions(READ), options: { evaluations_semantic: 'guess' } };
    expect((await send('evaluations', unknown, basic('ops-server'))).status).toBe(400);
  });
});

describe('on the wire', () => {
  it('metadata says where to ask', async () => {
    const answer = await world.get('/.well-known/authzen-configuration');
    expect(answer.headers.get('content-type')).toBe('application/json');
    expect(await answer.json()).toEqual({
      policy_decision_point: world.issuer,
      access_evaluation_endpoint: `${world.issuer}/decide/v1/evaluation`,
      access_evaluations_endpoint: `${world.issuer}/decide/v1/evaluations`,
    });
  });

  it("the asker's own X-Request-ID comes back, and the hub's where there is none", async () => {
    const theirs = await send('evaluation', question(worker, READ), { ...basic('ops-server'), 'x-request-id': 'bfe9eb29-ab87' });
    expect(theirs.headers.get('x-request-id')).toBe('bfe9eb29-ab87');
    const ours = await send('evaluation', question(worker, READ), basic('ops-server'));
    expect(ours.headers.get('x-request-id')).toMatch(/^req_/);
  });

  it.each([
    ['no JSON', 'nonsense'],
    ['a member twice', '{"subject":{},"subject":{}}'],
    ['no object', '[]'],
    ['no subject', JSON.stringify({ action: { name: 'x' }, resource: { type: 'resource', id: 'ops' } })],
    ['a number for a name', JSON.stringify({ ...question(worker, READ), action: { name: 1 } })],
    ['an address that is none', JSON.stringify(question(worker, READ, ['resource', 'ops'], { ip: 'nowhere' }))],
  ])('%s is 400', async (_, body) => {
    const answer = await send('evaluation', body, basic('ops-server'));
    expect(answer.status).toBe(400);
    expect(await answer.json()).toMatchObject({ error: 'invalid_request' });
  });

  it('a form is 400', async () => {
    expect((await send('evaluation', 'a=b', { ...basic('ops-server'), 'content-type': 'application/x-www-form-urlencoded' })).status).toBe(
      400,
    );
  });
});
