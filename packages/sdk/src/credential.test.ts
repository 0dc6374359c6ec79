import { describe, expect, test } from 'vitest';
import type { CredentialOutcome } from './credential.ts';
import {
  ConnectionRequiredError,
  CredentialRefusedError,
  credentialForm,
  credentialOrThrow,
  readCredential,
  withCredential,
} from './credential.ts';
import { ResourceConfigError } from './config.ts';
import { createResource } from './resource.ts';
import { startWire } from './wire.suite.ts';

const AT = 1_000_000;
const read = (answer: Record<string, unknown>, status = 200): CredentialOutcome =>
  readCredential({ status, answer, connection: 'github', sentAt: AT });
const useOf = (answer: Record<string, unknown>): unknown => {
  const outcome = read(answer);
  return outcome.kind === 'credential' ? outcome.credential.use : outcome.kind;
};

describe('what the hub answers', () => {
  test('is a token of the service with its scopes and its end', () => {
    expect(read({ access_token: 'gho_1', token_type: 'Bearer', scope: 'repo read:org', expires_in: 60 })).toEqual({
      kind: 'credential',
      credential: {
        connection: 'github',
        value: 'gho_1',
        use: { kind: 'header', name: 'authorization', value: 'Bearer gho_1' },
        scope: ['repo', 'read:org'],
        expiresAt: AT + 60_000,
      },
    });
  });

  test.each([
    [
      { type: 'api_key', value: 'k', header: 'x-api-key', prefix: '' },
      { kind: 'header', name: 'x-api-key', value: 'k' },
    ],
    [
      { type: 'api_key', value: 'k', header: 'authorization', prefix: 'Bearer ' },
      { kind: 'header', name: 'authorization', value: 'Bearer k' },
    ],
    [
      { type: 'api_key', value: 'k', query: 'appid' },
      { kind: 'query', name: 'appid', value: 'k' },
    ],
    [
      { type: 'basic', username: 'u', password: 'p' },
      { kind: 'header', name: 'authorization', value: 'Basic k' },
    ],
    [
      { type: 'certificate', certificate: 'C', private_key: 'K' },
      { kind: 'certificate', certificate: 'C', privateKey: 'K' },
    ],
  ])('says how a secret goes along with a call: %j', (credential, use) => {
    expect(useOf({ access_token: 'k', token_type: 'N_A', credential })).toEqual(use);
  });

  test.each([
    { token_type: 'Bearer' },
    { access_token: 'k', token_type: 'N_A' },
    { access_token: 'k', token_type: 'mac' },
    { access_token: 'k' },
    { access_token: 'k', token_type: 'N_A', credential: { type: 'riddle' } },
    { access_token: 'k', token_type: 'N_A', credential: { type: 'api_key', value: 'k' } },
  ])('is not used on a guess: %j', (answer) => {
    expect(useOf(answer)).toBe('refused');
  });

  test('can be that an account has to be connected, with what is missing', () => {
    const answer = { error: 'connection_required', connect_url: 'https://hub.test/connect/x', scope: 'repo', error_description: 'too few' };
    expect(read(answer, 400)).toEqual({
      kind: 'connectionRequired',
      connection: 'github',
      connectUrl: 'https://hub.test/connect/x',
      missing: ['repo'],
      description: 'too few',
    });
  });

  test('can be a no, with what explains it', () => {
    const answer = { error: 'access_denied', decision_id: 'dec_1', request_id: 'req_1', retry_after: 5 };
    expect(read(answer, 403)).toMatchObject({ kind: 'refused', error: 'access_denied', decisionId: 'dec_1', retryAfter: 5, status: 403 });
    expect(read({}, 500)).toMatchObject({ kind: 'refused', error: 'server_error' });
  });

  test('can be that a person has to say yes first, and the next ask names what was asked', () => {
    const answer = { error: 'interaction_required', approval_id: 'apr_1', interval: 2 };
    const outcome = read(answer, 400);
    expect(outcome).toMatchObject({ kind: 'approvalRequired', approvalId: 'apr_1', interval: 2 });
    expect(read({ ...answer, error: 'authorization_pending' }, 400)).toMatchObject({ kind: 'approvalRequired' });
    expect(read({ error: 'interaction_required' }, 400)).toMatchObject({ kind: 'refused', error: 'interaction_required' });
    expect(credentialForm('github', 't', { approvalId: 'apr_1' })['approval_id']).toBe('apr_1');
    expect(() => credentialOrThrow(outcome)).toThrow('apr_1');
  });

  test('becomes an exception for those who want one', () => {
    expect(() => credentialOrThrow(read({ error: 'connection_required', connect_url: 'https://hub.test/c' }, 400))).toThrow(
      ConnectionRequiredError,
    );
    expect(() => credentialOrThrow(read({ error: 'access_denied' }, 403))).toThrow(CredentialRefusedError);
    expect(credentialOrThrow(read({ access_token: 'k', token_type: 'bearer' })).value).toBe('k');
  });
});

describe('a request of the service', () => {
  const request = new Request('https://api.test/a?b=c', { method: 'POST', body: 'x', headers: { authorization: 'Bearer of-the-caller' } });

  test('carries the credential in place of what was there, and follows no redirect with it', async () => {
    const sent = withCredential(request.clone(), { use: { kind: 'header', name: 'authorization', value: 'Bearer k' } });
    expect([sent.headers.get('authorization'), sent.redirect, sent.method, await sent.text()]).toEqual(['Bearer k', 'manual', 'POST', 'x']);
  });

  test('carries a key in its query', () => {
    const sent = withCredential(new Request('https://api.test/a?b=c'), { use: { kind: 'query', name: 'key', value: 'a b' } });
    expect([sent.url, sent.redirect]).toEqual(['https://api.test/a?b=c&key=a+b', 'manual']);
  });
});

test('the same wish is the same request, whatever the order of its scopes', () => {
  const one = credentialForm('github', 't', { scopes: ['b', 'a', 'b'] });
  expect(one).toEqual(credentialForm('github', 't', { scopes: ['a', 'b'] }));
  expect(one['scope']).toBe('a b');
  expect(credentialForm('github', 't', { forceRefresh: true })['force_refresh']).toBe('true');
});

describe('a resource that asks', () => {
  test('needs to be a client of the hub', async () => {
    const resource = createResource({ issuer: 'http://localhost:1', resource: 'http://localhost:9000/mcp' });
    await expect(resource.credential('t', 'github')).rejects.toThrow(ResourceConfigError);
    resource.close();
  });

  test('hears that the hub is away as an answer, not as an exception', async () => {
    const wire = await startWire('http://localhost:9000/mcp');
    const credentials = { clientId: 'a', clientSecret: 'b' };
    const resource = createResource({ issuer: wire.issuer, resource: 'http://localhost:9000/mcp', credentials });
    await wire.stop();
    expect(await resource.credential('t', 'github')).toMatchObject({ kind: 'refused', error: 'temporarily_unavailable' });
    resource.close();
  });
});
