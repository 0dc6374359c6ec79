import { describe, expect, it } from 'vitest';
import { connectionConfig } from './config.ts';
import type { Connection } from './connection.ts';
import { scopesToJudge } from './hand-out.ts';
import { isDue } from './refresh.ts';

const connection = (more: object = {}): Connection => {
  const { clientSecret: _, ...config } = connectionConfig.parse({
    id: 'c',
    type: 'oauth',
    tokenUrl: 'https://p.test/t',
    authorizationUrl: 'https://p.test/a',
    clientId: 'hub',
    ...more,
  });
  return { ...config, hasSecret: false, state: 'active', version: 1, createdAt: 0 };
};

describe('what is judged when a client has a cap', () => {
  const listed = connection({ scopes: ['read', 'write'] });
  it.each<[string, Connection, string[] | undefined, string[] | undefined, unknown]>([
    ['all that the connection lists', listed, undefined, undefined, { scopes: ['read', 'write'] }],
    ['what of it the cap has', listed, undefined, ['read', 'other'], { scopes: ['read'] }],
    ['nothing, where the cap has none of it', listed, undefined, ['other'], { fault: 'scope_beyond_client' }],
    ['a scope that is named and within', listed, ['read'], ['read'], { scopes: ['read'] }],
    ['none that is named and beyond', listed, ['write'], ['read'], { fault: 'scope_beyond_client' }],
    // Without a list nothing bounded a capped client: it was asked about the whole.
    ['the cap itself, of a connection that lists no scopes', connection(), undefined, ['read'], { scopes: ['read'] }],
    ['nothing, where the cap is empty', connection(), undefined, [], { fault: 'scope_beyond_client' }],
    ['the whole, of a connection without a list for a client without a cap', connection(), undefined, undefined, { scopes: [] }],
    ['a key, which has no scopes that a cap could name', connection({ type: 'api_key' }), undefined, ['read'], { scopes: [] }],
  ])('%s', (_, of, asked, cap, expected) => expect(scopesToJudge(of, asked, cap)).toEqual(expected));
});

describe('a token that is over', () => {
  it('is due however young it is and whoever insists, or it would be handed out as fresh', () => {
    for (const force of [true, false]) expect(isDue({ expiresAt: 900, refreshedAt: 990 }, 1_000, force)).toBe(true);
    expect(isDue({ expiresAt: undefined, refreshedAt: 990 }, 1_000, true)).toBe(false);
  });
});
