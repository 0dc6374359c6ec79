import { describe, expect, it } from 'vitest';
import { resolveSecrets, sourceOfCall } from './secrets.ts';

const development = {
  env: { APP_SECRET: 's3cret', EMPTY: '', WRIT_ADMIN_TOKEN: 'never', VAULT_TOKEN: 'never', AWS_SECRET_ACCESS_KEY: 'never' },
  plainValues: true,
};
const production = { ...development, plainValues: false };

describe('secrets of a config', () => {
  it('are taken from the environment, with what stands beside the reference', () => {
    expect(resolveSecrets('clients', { auth: { secrets: [{ env: 'APP_SECRET', name: 'first' }] } }, production)).toEqual({
      ok: true,
      value: { auth: { secrets: [{ value: 's3cret', name: 'first' }] } },
    });
  });

  it('may be written in plain outside production only', () => {
    const user = { id: 'ann', password: { value: 'correct-horse-9' } };
    expect(resolveSecrets('users', user, development)).toEqual({ ok: true, value: user });
    expect(resolveSecrets('users', user, production)).toMatchObject({
      ok: false,
      error: [{ field: 'password', message: expect.stringContaining('in production') }],
    });
  });

  it('of the vault are entered as they are, also in production, by a call and not by the config file', () => {
    const credential = { connection: 'search', owner: { tenant: 'acme' }, value: { value: 'k3y' } };
    expect(resolveSecrets('credentials', credential, sourceOfCall('credentials', production))).toEqual({ ok: true, value: credential });
    expect(resolveSecrets('credentials', credential, production)).toMatchObject({ ok: false, error: [{ field: 'value' }] });
    expect(sourceOfCall('users', production)).toBe(production);
  });

  it.each([['WRIT_ADMIN_TOKEN'], ['VAULT_TOKEN'], ['AWS_SECRET_ACCESS_KEY'], ['NOT_SET'], ['EMPTY'], ['A B'], [''], [7]])(
    'are not found in the variable %j',
    (env) => {
      expect(resolveSecrets('users', { password: { env } }, development)).toMatchObject({ ok: false, error: [{ field: 'password' }] });
    },
  );

  it('say nothing about which files exist', () => {
    const faults = ['/nowhere', '/root', '/proc/self/mem', '/dev/zero'].map((file) =>
      resolveSecrets('users', { password: { file } }, production),
    );
    expect(new Set(faults.map((fault) => JSON.stringify(fault))).size).toBe(1);
    expect(faults[0]).toMatchObject({ ok: false });
  });

  it('stand nowhere else: the same words in attributes are values', () => {
    const user = { attributes: { password: { env: 'APP_SECRET' }, file: '/etc/passwd' } };
    expect(resolveSecrets('users', user, production)).toEqual({ ok: true, value: user });
    expect(resolveSecrets('tenants', { password: { env: 'APP_SECRET' } }, production)).toEqual({
      ok: true,
      value: { password: { env: 'APP_SECRET' } },
    });
  });

  it.each([[null], [[]], ['text'], [{ auth: 7 }], [{ auth: { secrets: 'x' } }], [{ auth: { secrets: [null, 'x'] } }]])(
    'leave %j for the schema to refuse',
    (value) => {
      expect(resolveSecrets('clients', value, production)).toEqual({ ok: true, value });
    },
  );
});
