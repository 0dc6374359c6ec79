import { describe, expect, it } from 'vitest';
import { basic, jsonOf } from './ask.ts';
import type { Params } from './ask.ts';
import { OTHER_RESOURCE, RESOURCE, SECRETS } from './furniture.ts';
import { ok, T, U } from './outcome.ts';
import type { Outcome } from './outcome.ts';
import { attacks, checkNothingLeaked, inWorld } from './runner.ts';
import type { Attack } from './runner.ts';
import type { World } from './world.ts';

const world = inWorld();
const REFUSED = [{ type: 'token.refused' }];

function asks(
  number: string,
  title: string,
  who: keyof typeof SECRETS,
  params: Params,
  outcome: Outcome,
  more: Partial<Attack> = {},
): Attack {
  const form = { grant_type: 'client_credentials', resource: RESOURCE, scope: 'incidents:read', ...params };
  return { number, title, send: (at) => at.post('/oauth/token', form, basic(who, SECRETS[who])), outcome, entries: REFUSED, ...more };
}

async function contain(at: World, plural: string, id: string, deed: string): Promise<void> {
  expect((await at.hub.admin('POST', `${plural}/${id}/${deed}`, { reason: 'attack test' })).status).toBeLessThan(300);
}

const issued = (scope: string): Outcome =>
  ok(`200 ${scope}`, (answer) => {
    const body = jsonOf(answer);
    expect({ status: answer.status, scope: body['scope'] }).toEqual({ status: 200, scope });
    expect(body).not.toHaveProperty('refresh_token');
  });

describe('token: client_credentials', () => {
  const stopped = (title: string, plural: string, id: string | ((at: World) => Promise<string>), who: keyof typeof SECRETS): Attack => {
    const attack = asks('095', title, who, {}, U('invalid_client'));
    const { send } = attack;
    return {
      ...attack,
      async arrange(at) {
        await send?.(at);
        await contain(at, plural, typeof id === 'string' ? id : await id(at), 'freeze');
        return () => asSent(send, at);
      },
    };
  };
  const agentOf = (client: string) => async (at: World) => String((await at.hub.items(`agents?client=${client}`))[0]?.['id']);
  attacks(world, [
    stopped('frozen client (CVE-2025-64521, CVE-2025-53942)', 'clients', 'stopped', 'stopped'),
    stopped('frozen agent (CVE-2024-46999)', 'agents', agentOf('agent-killed'), 'agent-killed'),
    stopped('frozen tenant (CVE-2024-47060)', 'tenants', 'globex', 'elsewhere'),
    asks('096', 'scope that the client was never given (CVE-2024-52287)', 'worker', { scope: 'incidents:write' }, T('invalid_scope')),
    asks('096', 'scope that no policy gives', 'agent-killed', { scope: 'incidents:delete' }, U('invalid_client')),
    asks('096', 'scope that does not exist', 'worker', { scope: 'nothing:here' }, T('invalid_scope')),
    asks('101', 'a resource that no policy lets the client reach (CVE-2022-1245)', 'poster', {}, T('invalid_target'), {
      changes: ['agents'],
      entries: [{ type: 'agent.created' }, ...REFUSED],
    }),
    asks('101', 'a resource of another purpose', 'worker', { resource: OTHER_RESOURCE, scope: 'ledger:read' }, T('invalid_scope')),
    asks('101', 'an unknown resource', 'worker', { resource: 'https://nowhere.example' }, T('invalid_target')),
    asks('102', 'a tenant that the client does not serve (CVE-2026-33132)', 'worker', { tenant: 'globex' }, T('invalid_request')),
    asks('191', 'no tenant, by a client that serves several (CVE-2026-45707, GHSA-pfrf-9r5f-73f5)', 'several', {}, T('invalid_request')),
    asks('191', 'a tenant that does not exist', 'worker', { tenant: 'nowhere' }, T('invalid_request')),
    {
      number: '097',
      title: 'public client',
      send: (at) => at.post('/oauth/token', { grant_type: 'client_credentials', client_id: 'web' }),
      outcome: T('unauthorized_client'),
      entries: REFUSED,
    },
    {
      number: '097',
      title: 'a client that is registered for other grants',
      send: (at) => at.post('/oauth/token', { grant_type: 'client_credentials' }, basic('backend', SECRETS.backend)),
      outcome: T('unauthorized_client'),
      entries: REFUSED,
    },
    asks('098', 'offline_access brings no refresh token', 'worker', { scope: 'incidents:read offline_access' }, issued('incidents:read'), {
      entries: [{ type: 'token.issued' }],
    }),
  ]);

  it('096 partly allowed: the token holds what is allowed, and says so', async () => {
    const answer = await world().post(
      '/oauth/token',
      { grant_type: 'client_credentials', resource: RESOURCE, scope: 'incidents:read incidents:write incidents:delete' },
      basic('worker', SECRETS.worker),
    );
    expect(jsonOf(answer)).toMatchObject({ token_type: 'Bearer', scope: 'incidents:read' });
  });
});

function asSent(send: Attack['send'], at: World): ReturnType<NonNullable<Attack['send']>> {
  if (send === undefined) throw new Error('sends nothing');
  return send(at);
}

checkNothingLeaked(world);
