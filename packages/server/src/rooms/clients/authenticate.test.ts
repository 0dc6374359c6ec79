import { createHmac, generateKeyPairSync, sign, type KeyObject } from 'node:crypto';
import { sql } from 'kysely';
import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { issueSecret, revokeSecret, rotateSecret } from './secret.store.ts';
import { hubAuthor } from '../audit/author.ts';
import { commitDeed } from '../audit/deed.store.ts';
import { NOON, openRoom, type Room } from './room.suite.ts';
import { createWorld, ISSUER, jsonAnswer, openDesk, register, type Desk, type World } from './world.suite.ts';

const SECRET = 'a-long-secret-of-the-worker';
const ODD = 'p%41ss+wo:rd/~long enough';
const REDIRECT = ['https://app.example/cb'];
const pair = generateKeyPairSync('ec', { namedCurve: 'P-256' });
const stranger = generateKeyPairSync('ec', { namedCurve: 'P-256' });
const rsa = generateKeyPairSync('rsa', { modulusLength: 2048 });
const ed = generateKeyPairSync('ed25519');
const jwk = (key: KeyObject, more: object = {}) => ({ ...key.export({ format: 'jwk' }), ...more });

let room: Room;
let world: World;
let desk: Desk;
let other: Desk;

beforeAll(async () => {
  room = await openRoom();
  world = createWorld();
  desk = await openDesk(room, room, world);
  other = await openDesk(room, room.node(), world);
  await register(room, { id: 'worker', kind: 'service', auth: { secrets: [{ value: SECRET }] } });
  await register(room, { id: 'poster', kind: 'service', auth: { method: 'client_secret_post', secrets: [{ value: SECRET }] } });
  await register(room, { id: 'we+ird~id', kind: 'service', auth: { secrets: [{ value: ODD }] } });
  await register(room, { id: 'cli', public: true, redirectUris: REDIRECT });
  const keys = [jwk(pair.publicKey, { kid: 'one' }), jwk(rsa.publicKey, { kid: 'two' }), jwk(ed.publicKey, { kid: 'three' })];
  await register(room, { id: 'signer', kind: 'service', auth: { method: 'private_key_jwt', jwks: { keys } } });
  await register(room, { id: 'second', kind: 'service', auth: { method: 'private_key_jwt', jwks: { keys: [jwk(stranger.publicKey)] } } });
  await register(room, { id: 'remote', kind: 'service', auth: { method: 'private_key_jwt', jwksUri: 'https://keys.example/jwks.json' } });
});
afterAll(() => room.close());
beforeEach(() => room.clock.set(NOON));

const formOf = (fields: Record<string, string>) => ({ get: (name: string) => fields[name] });
const authenticate = (fields: Record<string, string>, authorization?: string, at: Desk = desk) =>
  at.authentication.authenticate({ form: formOf(fields), authorization, now: room.clock.now(), ip: '203.0.113.7' });
const basic = (text: string): string => `Basic ${Buffer.from(text).toString('base64')}`;
const U = (reason: string) => ({ ok: false, error: { status: 401, error: 'invalid_client', reason, challenge: true } });
const T = (reason: string) => ({ ok: false, error: { status: 400, error: 'invalid_request', reason } });

describe('a client with a secret', () => {
  it('is known by Basic and by post, whichever of the two it registered', async () => {
    for (const id of ['worker', 'poster']) {
      expect(await authenticate({}, basic(`${id}:${SECRET}`))).toMatchObject({
        ok: true,
        value: { client: { id }, method: 'client_secret_basic' },
      });
      expect(await authenticate({ client_id: id, client_secret: SECRET })).toMatchObject({
        ok: true,
        value: { client: { id }, method: 'client_secret_post' },
      });
    }
    expect(await authenticate({ client_id: 'worker' }, basic(`worker:${SECRET}`))).toMatchObject({ ok: true });
  });

  it('may write Basic raw, as the MCP TypeScript SDK does, or percent-encoded, as the Python SDK does', async () => {
    const encoded = `${encodeURIComponent('we+ird~id')}:${encodeURIComponent(ODD)}`;
    for (const text of [`we+ird~id:${ODD}`, encoded, encoded.replaceAll('%20', '+')]) {
      expect(await authenticate({}, basic(text))).toMatchObject({ ok: true, value: { client: { id: 'we+ird~id' } } });
    }
    expect(await authenticate({}, `bAsIc  ${Buffer.from(`worker:${SECRET}`).toString('base64url')}`)).toMatchObject({ ok: true });
  });

  it('asks the database nothing once it is in the cache', async () => {
    await authenticate({}, basic(`worker:${SECRET}`));
    let asked = 0;
    const count = (): void => void (asked += 1);
    room.database.pool.on('acquire', count);
    for (let n = 0; n < 3; n += 1) expect(await authenticate({}, basic(`worker:${SECRET}`))).toMatchObject({ ok: true });
    expect(asked).toBe(0);
    expect(await authenticate({ client_id: 'nobody' })).toMatchObject(U('unknown_client'));
    expect(asked).toBe(1);
    room.database.pool.off('acquire', count);
  });

  it('is refused with every proper prefix and every changed character of its secret', async () => {
    for (let at = 0; at < SECRET.length; at += 1) {
      expect(await authenticate({}, basic(`worker:${SECRET.slice(0, at)}`))).toMatchObject({
        ok: false,
        error: { error: 'invalid_client' },
      });
      expect(await authenticate({}, basic(`worker:${SECRET.slice(0, at)}~${SECRET.slice(at + 1)}`))).toMatchObject(U('wrong_secret'));
    }
  });

  it('has several secrets at once, each with its own end', async () => {
    const by = hubAuthor('test');
    const made = await commitDeed(room.audit, (tx) =>
      issueSecret(tx, { clientId: 'worker', name: 'blue', expiresAt: NOON + 10_000, now: NOON, by }),
    );
    if (!made.ok) throw new Error(made.error);
    const login = () => authenticate({ client_id: 'worker', client_secret: made.value.secret });
    expect(await login()).toMatchObject({ ok: true });
    room.clock.advance(10_000);
    expect(await login()).toMatchObject(U('secret_expired_or_revoked'));
    expect(await authenticate({}, basic(`worker:${SECRET}`))).toMatchObject({ ok: true });
  });

  it('keeps the old secret for the overlap of a rotation, on every node, and loses a revoked one at once', async () => {
    const by = hubAuthor('test');
    const first = await commitDeed(room.audit, (tx) => issueSecret(tx, { clientId: 'poster', name: 'a', now: NOON, by }));
    if (!first.ok) throw new Error(first.error);
    const next = await commitDeed(room.audit, (tx) =>
      rotateSecret(tx, { clientId: 'poster', secretId: first.value.id, overlapMs: 5_000, now: NOON, by }),
    );
    if (!next.ok) throw new Error(next.error);
    const login = (secret: string) => authenticate({ client_id: 'poster', client_secret: secret });
    expect([(await login(first.value.secret)).ok, (await login(next.value.secret)).ok]).toEqual([true, true]);
    room.clock.advance(5_000);
    expect([(await login(first.value.secret)).ok, (await login(next.value.secret)).ok]).toEqual([false, true]);
    await commitDeed(room.audit, (tx) => revokeSecret(tx, { clientId: 'poster', secretId: next.value.id, by }));
    expect(await login(next.value.secret)).toMatchObject(U('secret_expired_or_revoked'));
    expect(JSON.stringify(await room.events())).not.toContain(next.value.secret);
  });
});

describe('a public client', () => {
  it('says its id and nothing else', async () => {
    expect(await authenticate({ client_id: 'cli' })).toMatchObject({ ok: true, value: { client: { id: 'cli' }, method: 'none' } });
    expect(await authenticate({ client_id: 'cli', client_secret: '' })).toMatchObject({ ok: true, value: { method: 'none' } });
    expect(await authenticate({ client_id: 'cli', client_secret: 'anything' })).toMatchObject(U('method_not_allowed'));
    expect(await authenticate({}, basic('cli:anything'))).toMatchObject(U('method_not_allowed'));
  });
});

describe('bad credentials', () => {
  it.each<[string, Record<string, string>, string | undefined, object]>([
    ['061 nothing at all', {}, undefined, U('no_client')],
    ['061 an unknown client', { client_id: 'nobody' }, undefined, U('unknown_client')],
    ['062 a wrong secret by Basic', {}, basic('worker:wrong'), U('wrong_secret')],
    ['062 a wrong secret by post', { client_id: 'worker', client_secret: 'wrong' }, undefined, U('wrong_secret')],
    ['062 the secret of another client', {}, basic(`signer:${SECRET}`), U('method_not_allowed')],
    ['063 Basic and a secret in the body', { client_secret: SECRET }, basic(`worker:${SECRET}`), T('two_methods')],
    ['063 Basic and an assertion', { client_assertion: 'x' }, basic(`worker:${SECRET}`), T('two_methods')],
    ['063 a secret and an assertion', { client_id: 'worker', client_secret: SECRET, client_assertion: 'x' }, undefined, T('two_methods')],
    ['064 a Basic user that is not the client_id', { client_id: 'poster' }, basic(`worker:${SECRET}`), T('client_id_mismatch')],
    ['066 a confidential client that only says its id', { client_id: 'worker' }, undefined, U('no_credentials')],
    ['066 a signing client that only says its id', { client_id: 'signer' }, undefined, U('no_credentials')],
    ['073 an empty Authorization header', {}, '', U('malformed_basic')],
    ['073 Basic without credentials', {}, 'Basic', U('malformed_basic')],
    ['073 Basic with no base64', {}, 'Basic %%%', U('malformed_basic')],
    ['073 Basic without a colon', {}, basic('worker'), U('malformed_basic')],
    ['073 Basic without a user', {}, basic(`:${SECRET}`), U('malformed_basic')],
    ['073 Basic with NUL', {}, basic('wor\0ker:x'), U('malformed_basic')],
    ['073 Basic that is no UTF-8', {}, `Basic ${Buffer.from([0xff, 0xfe, 0x3a, 0x41]).toString('base64')}`, U('malformed_basic')],
    ['073 Basic of 64 KB', {}, basic(`worker:${'x'.repeat(65_536)}`), U('malformed_basic')],
    ['073 base64 of an impossible length', {}, 'Basic QUJDR', U('malformed_basic')],
    ['073 another scheme', {}, 'Bearer abc', U('malformed_basic')],
    ['073 two credentials in one header', {}, `${basic('worker:x')}, ${basic('worker:y')}`, U('malformed_basic')],
    ['a secret without a client', { client_secret: SECRET }, undefined, T('secret_without_client')],
    ['an assertion without its type', { client_assertion: 'x.y.z' }, undefined, T('assertion_type_missing')],
    ['a client_id with NUL', { client_id: 'wor\0ker' }, undefined, U('unknown_client')],
    ['a client_id of 10,000 characters', { client_id: 'a'.repeat(10_000) }, undefined, U('unknown_client')],
    ['a client_id that is half a character', { client_id: '\ud800' }, undefined, U('unknown_client')],
    ['SQL in the client_id', { client_id: "'; DROP TABLE clients; --" }, undefined, U('unknown_client')],
  ])('%s is refused exactly', async (_, fields, authorization, expected) => {
    expect(await authenticate(fields, authorization)).toMatchObject(expected);
  });
});

describe('private_key_jwt', () => {
  const seconds = (): number => Math.floor(room.clock.now() / 1000);
  let count = 0;
  const claims = (more: object = {}): Record<string, unknown> => ({
    iss: 'signer',
    sub: 'signer',
    aud: ISSUER,
    exp: seconds() + 60,
    iat: seconds(),
    jti: `jti-${(count += 1)}`,
    ...more,
  });
  const b64 = (value: unknown): string => Buffer.from(typeof value === 'string' ? value : JSON.stringify(value)).toString('base64url');

  const token = (payload: unknown, header: object = {}, key: KeyObject = pair.privateKey): string => {
    const head = { alg: 'ES256', kid: 'one', ...header };
    const input = `${b64(head)}.${b64(payload)}`;
    const signature = head.alg.startsWith('Ed')
      ? sign(null, Buffer.from(input), key)
      : sign('sha256', Buffer.from(input), { key, dsaEncoding: 'ieee-p1363' });
    return `${input}.${signature.toString('base64url')}`;
  };
  const by = (assertion: string, more: Record<string, string> = {}, at: Desk = desk) =>
    authenticate(
      { client_assertion_type: 'urn:ietf:params:oauth:client-assertion-type:jwt-bearer', client_assertion: assertion, ...more },
      undefined,
      at,
    );
  const without = (name: string): Record<string, unknown> =>
    Object.fromEntries(Object.entries(claims()).filter(([member]) => member !== name));

  it('proves a client without client_id, as the TypeScript SDK sends it: no typ, a jti that is no UUID, five minutes', async () => {
    expect(await by(token(claims({ exp: seconds() + 300 })))).toMatchObject({
      ok: true,
      value: { client: { id: 'signer' }, method: 'private_key_jwt' },
    });
    expect(await by(token(claims()), { client_id: 'signer' })).toMatchObject({ ok: true });
  });

  it('takes the issuer as audience with and without a slash, as text or as the only member of a list', async () => {
    for (const aud of [ISSUER, `${ISSUER}/`, [ISSUER], [`${ISSUER}/`]])
      expect(await by(token(claims({ aud })))).toMatchObject({ ok: true });
  });

  it('takes RSA and Ed25519 keys, and finds the key without a kid', async () => {
    expect(await by(token(claims(), { alg: 'RS256', kid: 'two' }, rsa.privateKey))).toMatchObject({ ok: true });
    expect(await by(token(claims(), { alg: 'EdDSA', kid: 'three' }, ed.privateKey))).toMatchObject({ ok: true });
    expect(await by(token(claims(), { kid: undefined }))).toMatchObject({ ok: true });
    expect(await by(token(claims(), { typ: 'client-authentication+jwt' }))).toMatchObject({ ok: true });
  });

  it.each<[string, () => string, string]>([
    ['067 the token endpoint as audience', () => token(claims({ aud: `${ISSUER}/oauth/token` })), 'assertion_audience'],
    ['067 the issuer beside another audience', () => token(claims({ aud: [ISSUER, 'https://evil.example'] })), 'assertion_audience'],
    ['067 no audience', () => token(without('aud')), 'assertion_audience'],
    ['067 an audience that begins with the issuer', () => token(claims({ aud: `${ISSUER}.evil.example` })), 'assertion_audience'],
    ['067 an object as audience', () => token(claims({ aud: { 0: ISSUER } })), 'assertion_audience'],
    ['068 an expired assertion', () => token(claims({ exp: seconds() - 61 })), 'assertion_expired'],
    ['068 no expiry', () => token(without('exp')), 'assertion_without_expiry'],
    ['068 an expiry that is a text', () => token(claims({ exp: String(seconds() + 60) })), 'assertion_without_expiry'],
    ['068 an expiry beyond five minutes', () => token(claims({ exp: seconds() + 361 })), 'assertion_lives_too_long'],
    ['068 an expiry in milliseconds', () => token(claims({ exp: Date.UTC(2027, 0, 1) })), 'assertion_without_expiry'],
    ['068 a future nbf', () => token(claims({ nbf: seconds() + 120 })), 'assertion_not_yet_valid'],
    ['068 a future iat', () => token(claims({ iat: seconds() + 120 })), 'assertion_from_the_future'],
    ['068 no jti', () => token(without('jti')), 'assertion_without_id'],
    ['068 a jti that is a number', () => token(claims({ jti: 7 })), 'assertion_without_id'],
    ['068 a jti with NUL', () => token(claims({ jti: 'a\0b' })), 'assertion_malformed'],
    ['070 an issuer that is not the subject', () => token(claims({ iss: 'worker' })), 'untrusted_issuer'],
    ['070 an issuer in a list', () => token(claims({ iss: ['signer'] })), 'untrusted_issuer'],
    ['070 no subject', () => token(without('sub')), 'assertion_subject'],
    ['070 alg none', () => `${b64({ alg: 'none' })}.${b64(claims())}.`, 'assertion_algorithm'],
    ['070 an empty signature', () => `${b64({ alg: 'ES256', kid: 'one' })}.${b64(claims())}.`, 'assertion_signature'],
    ['070 HS256 with the public key as secret', () => hs256(pair.publicKey), 'assertion_algorithm'],
    ['070 the key of another client', () => token(claims(), {}, stranger.privateKey), 'assertion_signature'],
    ['070 the kid of another of its keys', () => token(claims(), { kid: 'two' }), 'assertion_signature'],
    [
      '070 a key in the header',
      () => token(claims(), { jwk: jwk(stranger.publicKey), kid: undefined }, stranger.privateKey),
      'assertion_signature',
    ],
    ['070 a critical header', () => token(claims(), { crit: ['x'], x: 1 }), 'assertion_critical_header'],
    ['070 another kind of token', () => token(claims(), { typ: 'at+jwt' }), 'assertion_type'],
    ['070 a changed claim', () => token(claims()).replace(/\.[^.]+\./, `.${b64(claims())}.`), 'assertion_signature'],
    ['070 a client that uses a secret', () => token(claims({ iss: 'worker', sub: 'worker' })), 'method_not_allowed'],
    ['070 an unknown client', () => token(claims({ iss: 'nobody', sub: 'nobody' })), 'unknown_client'],
    ['no token', () => 'abc', 'assertion_malformed'],
    ['a claims set that is a list', () => token([1]), 'assertion_malformed'],
    ['10 KB', () => token(claims({ pad: 'x'.repeat(10_000) })), 'assertion_too_long'],
  ])('%s is refused with 401 invalid_client', async (_, assertion, reason) => {
    expect(await by(assertion())).toMatchObject(U(reason));
  });

  it('is refused when client_id names another client, or the type is another', async () => {
    expect(await by(token(claims()), { client_id: 'second' })).toMatchObject(U('client_id_mismatch'));
    expect(
      await authenticate({
        client_assertion_type: 'urn:ietf:params:oauth:client-assertion-type:saml2-bearer',
        client_assertion: token(claims()),
      }),
    ).toMatchObject(U('assertion_type_unknown'));
  });

  it('069 takes an assertion once, also when fifty arrive at two nodes at once', async () => {
    const assertion = token(claims());
    const outcomes = await Promise.all(Array.from({ length: 50 }, (_, n) => by(assertion, {}, n % 2 === 0 ? desk : other)));
    expect(outcomes.filter(({ ok }) => ok)).toHaveLength(1);
    expect(outcomes.find(({ ok }) => !ok)).toMatchObject(U('assertion_replayed'));
  });

  it('069 lets two clients use the same jti, and a forged assertion does not spoil it', async () => {
    expect(await by(token(claims({ jti: 'shared' }), {}, stranger.privateKey))).toMatchObject(U('assertion_signature'));
    expect(await by(token(claims({ jti: 'shared' })))).toMatchObject({ ok: true });
    expect(await by(token(claims({ iss: 'second', sub: 'second', jti: 'shared' }), { kid: undefined }, stranger.privateKey))).toMatchObject(
      { ok: true },
    );
    const kept = await sql<{ count: number }>`SELECT count(*) AS count FROM assertion_ids WHERE jti = 'shared'`.execute(room.database.db);
    expect(kept.rows[0]?.count).toBe(2);
  });

  it('reads the keys behind jwks_uri, follows a rotation, and asks at most once a minute', async () => {
    const remote = (header: object, key: KeyObject) => by(token(claims({ iss: 'remote', sub: 'remote' }), header, key));
    const url = 'https://keys.example/jwks.json';
    expect(await remote({}, pair.privateKey)).toMatchObject(U('assertion_keys_unavailable'));
    world.answers.set(url, () =>
      jsonAnswer({ keys: [jwk(pair.publicKey, { kid: 'one' }), { kty: 'EC', crv: 'secp256k1', x: 'a', y: 'b' }] }),
    );
    expect(await remote({}, pair.privateKey)).toMatchObject(U('assertion_keys_unavailable'));
    room.clock.advance(60_000);
    expect(await remote({}, pair.privateKey)).toMatchObject({ ok: true });
    world.answers.set(url, () => jsonAnswer({ keys: [jwk(stranger.publicKey, { kid: 'next' })] }));
    expect(await remote({ kid: 'next' }, stranger.privateKey)).toMatchObject(U('assertion_signature'));
    room.clock.advance(60_000);
    const asked = world.asked.length;
    expect(await remote({ kid: 'next' }, stranger.privateKey)).toMatchObject({ ok: true });
    for (let n = 0; n < 20; n += 1) expect(await remote({ kid: `made-up-${n}` }, pair.privateKey)).toMatchObject(U('assertion_signature'));
    expect(world.asked.length).toBe(asked + 1);
    world.answers.set(url, () => ({ ok: false, reason: 'timeout', detail: '' }));
    room.clock.advance(7_200_000);
    expect(await remote({ kid: 'next' }, stranger.privateKey)).toMatchObject({ ok: true });
    room.clock.advance(86_400_000);
    expect(await remote({ kid: 'next' }, stranger.privateKey)).toMatchObject(U('assertion_keys_unavailable'));
  });

  const hs256 = (key: KeyObject): string => {
    const input = `${b64({ alg: 'HS256', kid: 'one' })}.${b64(claims())}`;
    return `${input}.${createHmac('sha256', key.export({ type: 'spki', format: 'pem' }))
      .update(input)
      .digest('base64url')}`;
  };
});
