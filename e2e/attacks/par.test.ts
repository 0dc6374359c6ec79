import { describe, expect, it } from 'vitest';
import { basic, encode, jsonOf, textIn } from './ask.ts';
import type { Params } from './ask.ts';
import { SECRETS } from './furniture.ts';
import { P, T, U } from './outcome.ts';
import type { Outcome } from './outcome.ts';
import { attacks, checkNothingLeaked, inWorld } from './runner.ts';
import type { Attack } from './runner.ts';
import { authorizeParams } from './requests.ts';
import type { World } from './world.ts';

const world = inWorld();
const BACKEND = { client_id: 'backend', redirect_uri: 'https://back.example/cb' };
const RIGHT = basic('backend', SECRETS.backend);
const NAME = 'urn:ietf:params:oauth:request_uri:';

async function push(at: World, changes: Params = BACKEND): Promise<string> {
  const answer = await at.post('/oauth/par', authorizeParams(changes), RIGHT);
  const uri = textIn(jsonOf(answer), 'request_uri');
  at.secrets.add(uri);
  return uri;
}

const open = (at: World, uri: string, client = 'backend') => at.ask(`/oauth/authorize?${encode({ client_id: client, request_uri: uri })}`);

/** RFC 9126 and RFC 9101: what a pushed request may not be, and who may use it. */
describe('PAR', () => {
  const pushed = (number: string, title: string, changes: Params, headers: Record<string, string>, outcome: Outcome): Attack => ({
    number,
    title,
    send: (at) => at.post('/oauth/par', authorizeParams(changes), headers),
    outcome,
    entries: [{ type: 'journey.refused' }],
  });
  attacks(world, [
    {
      number: '029',
      title: 'request_uri of another client',
      async arrange(at) {
        const uri = await push(at);
        return () => open(at, uri, 'web');
      },
      outcome: P('invalid_request_uri'),
      entries: [{ type: 'journey.refused', reason: 'pushed_request_of_another_client' }],
    },
    {
      number: '030',
      title: 'request_uri that led to a code already',
      async arrange(at) {
        const uri = await push(at);
        const visitor = await at.signedIn();
        await visitor.authorize(`/oauth/authorize?${encode({ client_id: 'backend', request_uri: uri })}`);
        return () => open(at, uri);
      },
      outcome: P('invalid_request_uri'),
      entries: [{ type: 'journey.refused', reason: 'pushed_request_unknown' }],
    },
    {
      number: '031',
      title: 'expired request_uri',
      async arrange(at) {
        const uri = await push(at);
        await at.database.query(`UPDATE par_requests SET expires_at = now() - interval '1 second'`);
        return () => open(at, uri);
      },
      outcome: P('invalid_request_uri'),
      entries: [{ type: 'journey.refused', reason: 'pushed_request_unknown' }],
    },
    {
      number: '031',
      title: 'request_uri that never was',
      send: (at) => open(at, `${NAME}abc`),
      outcome: P('invalid_request_uri'),
      entries: [{ type: 'journey.refused' }],
    },
    pushed('032', 'with a request_uri', { ...BACKEND, request_uri: `${NAME}abc` }, RIGHT, T('invalid_request')),
    pushed('033', 'without client authentication', BACKEND, {}, U('invalid_client')),
    pushed('033', 'with a wrong secret', BACKEND, basic('backend', 'a-wrong-secret-of-the-backend'), U('invalid_client')),
    pushed(
      '034',
      'with an unregistered redirect_uri (GHSA-86j7-9j95-vpqj)',
      { ...BACKEND, redirect_uri: 'https://evil.example/cb' },
      RIGHT,
      T('invalid_request'),
    ),
    pushed('034', 'without PKCE', { ...BACKEND, code_challenge: null }, RIGHT, T('invalid_request')),
    pushed('027', 'with a request object', { ...BACKEND, request: 'eyJhbGciOiJub25lIn0.e30.' }, RIGHT, T('invalid_request_object')),
    pushed('022', 'for an unknown resource', { ...BACKEND, resource: 'https://nowhere.example' }, RIGHT, T('invalid_target')),
  ]);

  it('029 what was pushed stands, whatever the URL says beside it', async () => {
    const at = world();
    const uri = await push(at);
    const path = `/oauth/authorize?${encode({ ...BACKEND, request_uri: uri, redirect_uri: 'https://evil.example/cb', state: 'other', scope: 'incidents:delete' })}`;
    const end = new URL(await (await at.signedIn()).authorize(path));
    expect({ origin: end.origin, state: end.searchParams.get('state') }).toEqual({ origin: 'https://back.example', state: 'st-1 +&' });
  });
});

checkNothingLeaked(world);
