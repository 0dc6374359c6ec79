import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { basic, openWorld, OPS, REDIRECT, type World } from './token/world.suite.ts';

let world: World;
beforeAll(async () => {
  world = await openWorld();
});
afterAll(() => world.close());

const AS_NOBODY = { authorization: `Basic ${Buffer.from('nobody:secret').toString('base64')}` };

describe('a stranger who is refused again and again (unbounded rows)', () => {
  it.each<[string, () => Promise<Response>]>([
    ['the authorization endpoint', () => world.get(`/oauth/authorize?client_id=nobody&redirect_uri=${REDIRECT}`)],
    ['the endpoint for pushed requests', () => world.post('/oauth/par', { client_id: 'nobody' }, AS_NOBODY)],
    ['the device endpoint', () => world.post('/oauth/device', {}, AS_NOBODY)],
    ['the device endpoint, by what is no form', () => world.post('/oauth/device?a=b', {})],
    ['the backchannel endpoint', () => world.post('/oauth/backchannel', { login_hint: 'ann' }, AS_NOBODY)],
    ['introspection', () => world.post('/oauth/introspect', { token: 'x' }, AS_NOBODY)],
    ['introspection, as an administrator', () => world.post('/oauth/introspect', { token: 'x' }, { authorization: 'Bearer x' })],
    ['revocation', () => world.post('/oauth/revoke', { token: 'x' }, AS_NOBODY)],
    ['the token endpoint', () => world.post('/oauth/token', { grant_type: 'client_credentials' }, AS_NOBODY)],
  ])('fills no log at %s', async (_, attempt) => {
    const refused = async (times: number) => {
      const before = (await world.events()).length;
      for (let sent = 0; sent < times; sent += 50) {
        const answers = await Promise.all(Array.from({ length: Math.min(50, times - sent) }, attempt));
        for (const { status } of answers) expect([400, 401]).toContain(status);
      }
      return (await world.events()).length - before;
    };
    world.clock.advance(600_000);
    expect(await refused(1)).toBe(1);
    expect(await refused(700)).toBeLessThan(650);
  });
});

describe('a client that proves nothing', () => {
  const push = (more: Record<string, string>, headers: Record<string, string> = {}) =>
    world.post(
      '/oauth/par',
      {
        response_type: 'code',
        resource: OPS,
        scope: 'incidents:read',
        code_challenge: 'x'.repeat(43),
        code_challenge_method: 'S256',
        ...more,
      },
      headers,
    );
  const many = async (times: number, more: Record<string, string>, headers?: Record<string, string>) => {
    const found: number[] = [];
    for (let sent = 0; sent < times; sent += 50) {
      const answers = await Promise.all(Array.from({ length: 50 }, () => push(more, headers)));
      found.push(...answers.map(({ status }) => status));
    }
    return found;
  };

  it('fills no table by pushing requests (RFC 9126 §2.3), and keeps nobody else from it', async () => {
    world.clock.advance(600_000);
    const open = { client_id: 'cli', redirect_uri: REDIRECT };
    const statuses = await many(400, open);
    expect(statuses.filter((status) => status === 201)).toHaveLength(300);
    expect(statuses.filter((status) => status === 429)).toHaveLength(100);
    expect((await push({ redirect_uri: 'https://web.test/cb' }, basic('web'))).status).toBe(201);
    world.clock.advance(60_000);
    expect((await push(open)).status).toBe(201);
  });
});
