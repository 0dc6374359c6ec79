import { describe, expect } from 'vitest';
import { basic, FORM } from './ask.ts';
import type { Answer } from './ask.ts';
import { RESOURCE, SECRETS } from './furniture.ts';
import { S, T } from './outcome.ts';
import type { Outcome } from './outcome.ts';
import { authorizePath } from './requests.ts';
import { attacks, checkNothingLeaked, inWorld } from './runner.ts';
import type { Attack } from './runner.ts';
import { formOf } from './visitor.ts';
import type { World } from './world.ts';

const world = inWorld();
const REFUSED = [{ type: 'token.refused' }];

/** What policy requires of this client before it may write incidents; one rule at a time. */
async function require(at: World, client: string, what: Record<string, unknown>): Promise<void> {
  const rule = {
    id: 'wanted',
    effect: 'require',
    subject: { clients: [client] },
    target: { resources: ['ops'] },
    scopes: ['incidents:write'],
    require: what,
  };
  expect((await at.hub.admin('PUT', 'policies/wanted', rule)).status).toBeLessThan(300);
}

const asMachine = (at: World, scope: string): Promise<Answer> =>
  at.post('/oauth/token', { grant_type: 'client_credentials', resource: RESOURCE, scope }, basic('elsewhere', SECRETS.elsewhere));

const machine = (title: string, what: Record<string, unknown>, outcome: Outcome, before = 0): Attack => ({
  number: '096',
  title,
  async arrange(at) {
    await asMachine(at, 'incidents:read');
    await require(at, 'elsewhere', what);
    for (let times = 0; times < before; times += 1) await asMachine(at, 'incidents:write');
    return () => asMachine(at, 'incidents:write');
  },
  outcome,
  entries: REFUSED,
});

const refreshed = (title: string, what: Record<string, unknown>, outcome: Outcome): Attack => ({
  number: '094',
  title,
  async arrange(at) {
    // The tokens are from a time before the rule.
    await at.hub.admin('DELETE', 'policies/wanted');
    const { refresh } = await at.tokens();
    await require(at, 'web', what);
    return () =>
      at.post('/oauth/token', { grant_type: 'refresh_token', client_id: 'web', refresh_token: refresh, scope: 'incidents:write' });
  },
  outcome,
  entries: REFUSED,
});

describe('what a requirement of policy holds back is had by nobody', () => {
  attacks(world, [
    machine(
      'a scope that wants a stronger sign-in, by a client that nobody signed in to (CVE-2026-9091)',
      { stepUp: true },
      T('insufficient_user_authentication'),
    ),
    machine('a scope that wants a key, without a proof', { proofOfPossession: true }, T('invalid_request')),
    machine('a scope that wants the consent of a user, where there is none', { reconsent: { maxAge: 3_600 } }, T('interaction_required')),
    machine('one call more than the budget has', { budget: { calls: 3, window: 3_600 } }, T('access_denied'), 3),
    machine('two requirements, of which one is met', { budget: { calls: 9, window: 60 }, proofOfPossession: true }, T('invalid_request')),
    refreshed(
      'a scope that wants a stronger sign-in than the one long ago (GHSA-hp74-gm6m-2qm5)',
      { stepUp: { acr: ['2'] } },
      T('insufficient_user_authentication'),
    ),
    refreshed('a scope about which the user must be asked again', { reconsent: true }, T('interaction_required')),
    {
      number: '042',
      title: 'a scope that policy holds back, written into the page by hand',
      async arrange(at) {
        await require(at, 'cli', { stepUp: true });
        const visitor = await at.signedIn();
        const offer = await visitor.open(authorizePath({ client_id: 'cli', redirect_uri: 'http://127.0.0.1:4000/callback' }));
        const shown = await visitor.submit(offer, 'skip');
        if (shown.answer.text.includes('value="incidents:write"')) throw new Error('the page offers what it must not');
        const body = formOf(shown.page, 'allow', { scope: ['incidents:read', 'incidents:write'] });
        return () => visitor.send(shown.url, { method: 'POST', headers: FORM, body: body.toString() });
      },
      outcome: S(400),
      entries: [{ type: 'journey.refused' }],
    },
  ]);
});

checkNothingLeaked(world);
