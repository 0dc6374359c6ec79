import { createAgent, secret } from '@writ/sdk-agent';
import { afterEach, beforeEach, expect, test } from 'vitest';
import type { Fixture } from '../../../packages/sdk-agent/src/hub.suite.ts';
import { granted, startFixture } from '../../../packages/sdk-agent/src/hub.suite.ts';
import type { Sample } from '../../sample-mcp/src/start.ts';
import { startSample } from '../../sample-mcp/src/start.ts';
import type { Work } from './agent.ts';
import { work } from './agent.ts';

let hub: Fixture;
let sample: Sample;
beforeEach(async () => {
  hub = await startFixture();
  sample = await startSample({ port: 0, issuer: hub.issuer });
  allow();
});
afterEach(async () => {
  await sample.close();
  await hub.stop();
});

const allow = (): void =>
  hub.say(async ({ form }) => {
    const claims = { aud: form.get('resource'), scope: form.get('scope') };
    return { body: await granted(hub.wire, { access_token: await hub.wire.mint({ claims }), scope: claims.scope }) };
  });
const refuse = (body: Record<string, unknown>): void => hub.say(() => ({ status: 400, body }));
const doWork = (tool = 'list_incidents', scope = ['incidents:read']): Promise<Work> =>
  work(createAgent({ issuer: hub.issuer, clientId: 'worker', auth: secret('s') }), sample.url, tool, scope, AbortSignal.timeout(20_000));

test('work that is allowed is done', async () => {
  expect(await doWork()).toMatchObject({ done: true, text: expect.stringContaining('INC-1040') });
});

test('work that waits for a person is done when they have said yes', async () => {
  let turn = 0;
  hub.say(() => {
    turn += 1;
    if (turn === 2) allow();
    return {
      status: 400,
      body: { error: turn === 1 ? 'interaction_required' : 'authorization_pending', approval_id: 'apr_1', interval: 1 },
    };
  });
  expect(await doWork()).toMatchObject({ done: true });
  expect(hub.asked.map(({ form }) => form.get('approval_id'))).toEqual([null, 'apr_1', 'apr_1']);
});

test.each<[string, () => void, Work]>([
  [
    'the user, where an account is not connected',
    () => refuse({ error: 'connection_required', connect_url: 'https://hub.test/connect/x' }),
    { done: false, who: 'the user', what: 'connect the account at https://hub.test/connect/x' },
  ],
  [
    'an administrator, where policy refuses',
    () => refuse({ error: 'invalid_scope', decision_id: 'dec_1' }),
    { done: false, who: 'an administrator', what: 'allow it (invalid_scope, decision dec_1)' },
  ],
])('work that cannot be done says what is up to %s', async (_, given, result) => {
  given();
  expect(await doWork()).toEqual(result);
});

test('work that the server wants more scopes for says which', async () => {
  expect(await doWork('rollback_deploy')).toEqual({ done: false, who: 'the user', what: 'log in for deploys:rollback' });
});
