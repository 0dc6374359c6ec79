import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { z } from 'zod';
import { openWorld, OPS, REDIRECT, type World } from './world.suite.ts';

let world: World;
let client: string;
beforeAll(async () => {
  world = await openWorld();
  const asked = new Request(`${world.issuer}/oauth/register`, {
    method: 'POST',
    headers: { 'content-type': 'application/json' },
    body: JSON.stringify({ redirect_uris: [REDIRECT], token_endpoint_auth_method: 'none' }),
  });
  client = z.object({ client_id: z.string() }).parse(await (await world.house.fetch(asked)).json()).client_id;
});
afterAll(() => world.close());

const ops = (dcr: boolean) => ({
  resources: [{ id: 'ops', type: 'mcp', uri: OPS, scopes: [{ name: 'incidents:read' }], registration: { dcr: { enabled: dcr } } }],
});

describe('a resource that stops taking clients which registered themselves', () => {
  it('refuses their codes and refresh tokens too, and takes them again when it opens', async () => {
    const held = await world.redeem((await world.login({ client, scopes: ['incidents:read'] })).code, { client_id: client });
    expect(held.status).toBe(200);
    const { code } = await world.login({ client, scopes: ['incidents:read'] });
    await world.apply(ops(false));
    const refresh = () => world.refresh(held.body['refresh_token'], { client_id: client });
    expect((await refresh()).body).toMatchObject({ error: 'unauthorized_client' });
    expect((await world.redeem(code, { client_id: client })).body).toMatchObject({ error: 'unauthorized_client' });
    expect((await world.events('token.refused')).at(-1)).toMatchObject({ reason: 'dcr_disabled', actor: { client } });
    await world.apply(ops(true));
    expect((await refresh()).status).toBe(200);
  });
});
