import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { basic, encode, FORM, jsonOf, textIn } from '../attacks/ask.ts';
import type { Answer, Asked, Params } from '../attacks/ask.ts';
import { OTHER_RESOURCE } from '../attacks/furniture.ts';
import { openTwoHubs } from './two-hubs.ts';
import type { TwoHubs } from './two-hubs.ts';

const SECRET = 'a-long-secret-of-the-server-of-ops';
const TYPE = 'urn:ietf:params:oauth:token-type:access_token';

const serverOf = (id: string): object => ({
  id,
  name: 'Server of ops',
  kind: 'service',
  grants: ['token_exchange'],
  tags: ['resource-server:ops'],
  auth: { secrets: [{ value: SECRET }] },
});

let hubs: TwoHubs;
beforeAll(async () => {
  hubs = await openTwoHubs();
  await hubs.first.hub.apply({
    clients: [serverOf('ops-server'), serverOf('twin')],
    policies: [
      {
        id: 'ops-to-ledger',
        effect: 'allow',
        grants: ['token_exchange'],
        subject: { clients: ['ops-server', 'twin'] },
        target: { resources: ['ledger'] },
        scopes: 'all',
      },
    ],
  });
  await hubs.heard();
});
afterAll(() => hubs.close());

const form = (params: Params, headers: Record<string, string> = {}): Asked => ({
  method: 'POST',
  headers: { ...FORM, ...headers },
  body: encode(params),
});
const exchange = (subject: string, client = 'ops-server'): { path: string; asked: Asked } => ({
  path: '/oauth/token',
  asked: form(
    {
      grant_type: 'urn:ietf:params:oauth:grant-type:token-exchange',
      subject_token: subject,
      subject_token_type: TYPE,
      resource: OTHER_RESOURCE,
      scope: 'ledger:read',
    },
    basic(client, SECRET),
  ),
});
const isActive = async (token: string): Promise<boolean> => {
  const answer = await hubs.first.post('/oauth/introspect', { token }, { authorization: `Bearer ${hubs.first.hub.adminToken}` });
  return jsonOf(answer)['active'] === true;
};
const tokensIn = (answers: readonly Answer[]): string[] =>
  answers.filter(({ status, text }) => status === 200 && text !== '').map((answer) => textIn(jsonOf(answer), 'access_token'));

/** CVE-2026-9097: a token that was taken back could still be exchanged. Here both happen at once, on two nodes. */
describe('two nodes, many at once: exchanges', () => {
  it('106 beside the revocation of what they exchange leave no living token behind', async () => {
    for (let round = 0; round < 5; round += 1) {
      const { access } = await hubs.first.tokens();
      const exchanges = Array.from({ length: 20 }, () => exchange(access));
      const revocation = { path: '/oauth/revoke', asked: form({ token: access, client_id: 'web' }) };
      const answers = await hubs.each([...exchanges.slice(0, 9), revocation, ...exchanges.slice(9)]);
      expect(answers[9]?.status).toBe(200);
      const made = tokensIn(answers);
      for (const token of made) expect(await isActive(token)).toBe(false);
      const refused = answers.filter(({ status }) => status !== 200);
      expect(refused.map((answer) => jsonOf(answer)['error'])).toEqual(refused.map(() => 'invalid_request'));
      expect(made.length + refused.length).toBe(20);
      const later = await hubs.each([exchange(access), exchange(access)]);
      expect(later.map(({ status }) => status)).toEqual([400, 400]);
    }
  });

  it('forty first exchanges of a server for one user make one agent, and forty tokens', async () => {
    const { access } = await hubs.first.tokens();
    const made = tokensIn(await hubs.each(Array.from({ length: 40 }, () => exchange(access, 'twin'))));
    expect(made).toHaveLength(40);
    const [found] = await hubs.first.database.query(`SELECT count(*)::int AS count FROM agents WHERE client_id = 'twin'`);
    expect(found?.['count']).toBe(1);
    for (const token of made.slice(0, 5)) expect(await isActive(token)).toBe(true);
  });
});
