// A change of policy, made at one node, is in force at the other a moment later: at the token endpoint and for gateways that ask.
import { setTimeout as sleep } from 'node:timers/promises';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { basic, encode, FORM } from '../attacks/ask.ts';
import type { Answer, Asked } from '../attacks/ask.ts';
import { RESOURCE, SECRETS } from '../attacks/furniture.ts';
import { openTwoHubs } from './two-hubs.ts';
import type { TwoHubs } from './two-hubs.ts';

let hubs: TwoHubs;
beforeAll(async () => {
  hubs = await openTwoHubs();
});
afterAll(() => hubs?.close());

type Request = { path: string; asked: Asked };
const TOKEN: Request = {
  path: '/oauth/token',
  asked: {
    method: 'POST',
    headers: { ...FORM, ...basic('worker', SECRETS.worker) },
    body: encode({ grant_type: 'client_credentials', resource: RESOURCE, scope: 'incidents:read' }),
  },
};
const DECISION: Request = {
  path: '/decide/v1/evaluation',
  asked: {
    method: 'POST',
    headers: { 'content-type': 'application/json', ...basic('server', SECRETS.server) },
    body: JSON.stringify({
      subject: { type: 'client', id: 'worker' },
      action: { name: 'incidents:read' },
      resource: { type: 'resource', id: 'ops' },
    }),
  },
};

/** Both nodes, the same request; `each` gives every second one to the second node. */
const both = async (request: Request): Promise<readonly [Answer, Answer]> => {
  const [first, second] = await hubs.each([request, request]);
  if (first === undefined || second === undefined) throw new Error('two answers were to come');
  return [first, second];
};
const yes = (answer: Answer): boolean => answer.status === 200 && !answer.text.includes('"decision":false');

/** Milliseconds from the change until the second node goes by it. */
async function untilSecond(request: Request, expected: boolean): Promise<number> {
  const began = performance.now();
  for (;;) {
    const [first, second] = await both(request);
    // The node that made the change goes by it from the moment it was told so.
    expect(yes(first)).toBe(expected);
    const took = Math.round(performance.now() - began);
    if (yes(second) === expected) return took;
    await sleep(20);
  }
}

it('a policy put, changed, rolled back and removed at one node is in force at the other a moment later', async () => {
  const { hub } = hubs.first;
  const deny = { effect: 'deny', subject: { clients: ['worker'] }, target: { resources: ['ops'] }, scopes: 'all' };
  const deeds: [string, () => Promise<Response>, boolean][] = [
    ['put', () => hub.admin('PUT', 'policies/stop', deny), false],
    ['changed to shadow', () => hub.admin('PUT', 'policies/stop', { ...deny, state: 'shadow' }), true],
    ['rolled back', () => hub.admin('POST', 'policies/stop/rollback', { version: 1 }), false],
    ['removed', () => hub.admin('DELETE', 'policies/stop'), true],
    ['applied', () => hub.admin('POST', 'apply', { policies: [{ id: 'stop', ...deny }] }), false],
    ['removed again', () => hub.admin('DELETE', 'policies/stop'), true],
  ];
  const measured: string[] = [];
  for (const request of [TOKEN, DECISION]) {
    for (const [name, deed, expected] of deeds) {
      const answer = await deed();
      expect(answer.ok).toBe(true);
      measured.push(`${request.path} ${name}: ${await untilSecond(request, expected)} ms`);
    }
  }
  expect(measured).toHaveLength(12);
  console.info(measured.join('\n'));
});
