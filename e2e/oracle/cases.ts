import { basic, encode, FORM } from '../attacks/ask.ts';
import type { Asked, Params } from '../attacks/ask.ts';
import { CALLBACK, RESOURCE, SECRETS } from '../attacks/furniture.ts';
import { authorizeParams, redeemForm } from '../attacks/requests.ts';

/** One of the two servers, as far as the cases need it. */
export type Side = { issuer: string; code(): Promise<string>; refresh(): Promise<string> };
type Request = { path: string; asked: Asked };
/** The same request for both; `make` may first get a code or a refresh token from the side it goes to. */
export type Case = { name: string; make(side: Side): Request | Promise<Request> };

const authorize = (name: string, changes: Params): Case => ({
  name: `authorize: ${name}`,
  make: () => ({ path: `/oauth/authorize?${encode(authorizeParams(changes))}`, asked: {} }),
});

const post = (path: string, params: Params, headers: Record<string, string> = {}): Request => ({
  path,
  asked: { method: 'POST', headers: { ...FORM, ...headers }, body: encode(params) },
});

const token = (name: string, params: Params, headers: Record<string, string> = {}): Case => ({
  name: `token: ${name}`,
  make: () => post('/oauth/token', params, headers),
});

const WORKER = basic('worker', SECRETS.worker);
const BACKEND = basic('backend', SECRETS.backend);
const FOR_ITSELF = { grant_type: 'client_credentials', scope: 'incidents:read' };
const AT_BACKEND = { client_id: 'backend', redirect_uri: 'https://back.example/cb' };
const WRONG = 'b'.repeat(43);

const AUTHORIZE: Case[] = [
  authorize('unknown client', { client_id: 'nobody' }),
  authorize('no client', { client_id: null }),
  authorize('client twice', { client_id: ['web', 'other'] }),
  authorize('unregistered redirect_uri', { redirect_uri: 'https://evil.example/cb' }),
  authorize('redirect_uri with a slash more', { redirect_uri: `${CALLBACK}/` }),
  authorize('redirect_uri with its host in upper case', { redirect_uri: 'https://APP.example/cb' }),
  authorize('redirect_uri with a query more', { redirect_uri: `${CALLBACK}?x=1` }),
  authorize('redirect_uri with user information', { redirect_uri: 'https://app.example@evil.example/cb' }),
  authorize('redirect_uri with a fragment', { redirect_uri: `${CALLBACK}#f` }),
  authorize('redirect_uri with another port', { redirect_uri: 'https://app.example:8443/cb' }),
  authorize('loopback redirect_uri with another path', { client_id: 'cli', redirect_uri: 'http://127.0.0.1:5000/other' }),
  authorize('loopback redirect_uri with another port', { client_id: 'cli', redirect_uri: 'http://127.0.0.1:5000/callback' }),
  authorize('no redirect_uri', { redirect_uri: null, client_id: 'other' }),
  authorize('redirect_uri twice', { redirect_uri: [CALLBACK, 'https://evil.example/cb'] }),
  authorize('state twice', { state: ['a', 'b'] }),
  authorize('scope twice', { scope: ['incidents:read', 'incidents:write'] }),
  authorize('code_challenge twice', { code_challenge: ['a'.repeat(43), 'b'.repeat(43)] }),
  authorize('no response_type', { response_type: null }),
  authorize('response_type token', { response_type: 'token' }),
  authorize('response_type id_token', { response_type: 'id_token' }),
  authorize('response_type code token', { response_type: 'code token' }),
  authorize('response_mode fragment', { response_mode: 'fragment' }),
  authorize('response_mode unknown', { response_mode: 'pigeon' }),
  authorize('no code_challenge', { code_challenge: null, code_challenge_method: null }),
  authorize('no code_challenge, confidential', { ...AT_BACKEND, code_challenge: null, code_challenge_method: null }),
  authorize('code_challenge_method plain', { code_challenge_method: 'plain' }),
  authorize('no code_challenge_method', { code_challenge_method: null }),
  authorize('code_challenge too short', { code_challenge: 'short' }),
  authorize('scope unknown', { scope: 'nothing:here' }),
  authorize('scope partly unknown', { scope: 'incidents:read nothing:here' }),
  authorize('resource unknown', { resource: 'https://nowhere.example/mcp' }),
  authorize('resource relative', { resource: '/mcp' }),
  authorize('resource with a fragment', { resource: `${RESOURCE}#f` }),
  authorize('prompt none without session', { prompt: 'none' }),
  authorize('prompt none login', { prompt: 'none login' }),
  authorize('prompt unknown', { prompt: 'dance' }),
  authorize('max_age that is no number', { max_age: '-1' }),
  authorize('request object', { request: 'eyJhbGciOiJub25lIn0.e30.' }),
  authorize('request_uri of a stranger', { request_uri: 'https://evil.example/r.jwt' }),
  authorize('request_uri that was never pushed', { request_uri: 'urn:ietf:params:oauth:request_uri:abc' }),
  {
    name: 'authorize: parameters as JSON',
    make: () => ({
      path: '/oauth/authorize',
      asked: { method: 'POST', headers: { 'content-type': 'application/json' }, body: JSON.stringify(authorizeParams()) },
    }),
  },
];

const raw = (name: string, asked: Asked, path = '/oauth/token'): Case => ({
  name: `token: ${name}`,
  make: () => ({ path, asked: { method: 'POST', headers: FORM, body: encode(FOR_ITSELF), ...asked } }),
});

const TOKEN: Case[] = [
  token('no client authentication', FOR_ITSELF),
  token('wrong secret', FOR_ITSELF, basic('worker', 'a-wrong-secret-of-the-worker')),
  token('unknown client', FOR_ITSELF, basic('nobody', 'a-wrong-secret-of-the-worker')),
  token('two ways of authentication', { ...FOR_ITSELF, client_id: 'worker', client_secret: SECRETS.worker }, WORKER),
  token('two client ids', { ...FOR_ITSELF, client_id: 'backend' }, WORKER),
  token('confidential client without its secret', { ...FOR_ITSELF, client_id: 'worker' }),
  raw('secret in the query', {}, `/oauth/token?${encode({ client_id: 'worker', client_secret: SECRETS.worker })}`),
  token('no grant_type', {}, WORKER),
  token('grant_type twice', { grant_type: ['client_credentials', 'client_credentials'] }, WORKER),
  token('grant_type password', { grant_type: 'password', username: 'ann', password: 'x' }, WORKER),
  token('grant_type implicit', { grant_type: 'implicit' }, WORKER),
  token('grant_type unknown', { grant_type: 'urn:example:x' }, WORKER),
  raw('GET', { method: 'GET', headers: WORKER, body: '' }),
  raw('JSON', { headers: { 'content-type': 'application/json', ...WORKER }, body: JSON.stringify(FOR_ITSELF) }),
  raw('Authorization: Basic', { headers: { ...FORM, authorization: 'Basic' } }),
  raw('Authorization: Basic %%%', { headers: { ...FORM, authorization: 'Basic %%%' } }),
  raw('Authorization without a colon', { headers: { ...FORM, authorization: `Basic ${Buffer.from('worker').toString('base64')}` } }),
  token('client_credentials of a public client', { grant_type: 'client_credentials', client_id: 'web' }),
  token('client_credentials for an unknown scope', { ...FOR_ITSELF, scope: 'nothing:here' }, WORKER),
  token('client_credentials for an unknown resource', { ...FOR_ITSELF, resource: 'https://nowhere.example' }, WORKER),
  token('a grant that the client has not', { grant_type: 'client_credentials' }, BACKEND),
];

const redeem = (name: string, changes: Params, headers: Record<string, string> = {}): Case => ({
  name: `code: ${name}`,
  make: async (side) => post('/oauth/token', redeemForm(await side.code(), changes), headers),
});
const twice = (name: string, first: Params): Case => ({
  name: `code: ${name}`,
  async make(side) {
    const code = await side.code();
    await fetch(`${side.issuer}/oauth/token`, { method: 'POST', headers: FORM, body: encode(redeemForm(code, first)) });
    return post('/oauth/token', redeemForm(code));
  },
});

const CODE: Case[] = [
  redeem('in order', {}),
  token('code garbage', redeemForm('garbage')),
  token('code missing', redeemForm('', { code: null })),
  redeem('no code_verifier', { code_verifier: null }),
  redeem('wrong code_verifier', { code_verifier: WRONG }),
  redeem('another client', { client_id: 'other' }),
  redeem('another redirect_uri', { redirect_uri: 'https://app.example/cb2?x=1' }),
  redeem('no redirect_uri', { redirect_uri: null }),
  redeem('a resource that was not granted', { resource: 'https://nowhere.example' }),
  redeem('code_verifier twice', { code_verifier: [WRONG, WRONG] }),
  twice('a second time', {}),
  twice('after a wrong code_verifier', { code_verifier: WRONG }),
  twice('after another client tried', { client_id: 'other' }),
];

const refresh = (name: string, changes: Params): Case => ({
  name: `refresh: ${name}`,
  make: async (side) =>
    post('/oauth/token', { grant_type: 'refresh_token', client_id: 'web', refresh_token: await side.refresh(), ...changes }),
});

const REFRESH: Case[] = [
  refresh('in order', {}),
  refresh('garbage', { refresh_token: 'garbage' }),
  refresh('missing', { refresh_token: null }),
  refresh('another client', { client_id: 'other' }),
  refresh('wider scope', { scope: 'incidents:read incidents:delete' }),
  refresh('narrower scope', { scope: 'incidents:read' }),
  refresh('a resource that was not granted', { resource: 'https://nowhere.example' }),
];

const par = (name: string, changes: Params, headers: Record<string, string> = BACKEND): Case => ({
  name: `par: ${name}`,
  make: () => post('/oauth/par', authorizeParams({ ...AT_BACKEND, ...changes }), headers),
});

const PAR: Case[] = [
  par('in order', {}),
  par('without client authentication', {}, {}),
  par('wrong secret', {}, basic('backend', 'a-wrong-secret-of-the-backend')),
  par('with a request_uri', { request_uri: 'urn:ietf:params:oauth:request_uri:abc' }),
  par('unregistered redirect_uri', { redirect_uri: 'https://evil.example/cb' }),
  par('no code_challenge', { code_challenge: null, code_challenge_method: null }),
  par('the client_id of another', { client_id: 'web' }),
];

const register = (name: string, body: object | string): Case => ({
  name: `register: ${name}`,
  make: () => ({
    path: '/oauth/register',
    asked: {
      method: 'POST',
      headers: { 'content-type': 'application/json' },
      body: typeof body === 'string' ? body : JSON.stringify(body),
    },
  }),
});
const GOOD = {
  client_name: 'Honest',
  redirect_uris: ['https://honest.example/cb'],
  token_endpoint_auth_method: 'none',
  id_token_signed_response_alg: 'ES256',
};

const REGISTER: Case[] = [
  register('in order', GOOD),
  register('no redirect_uris', { ...GOOD, redirect_uris: undefined }),
  register('empty redirect_uris', { ...GOOD, redirect_uris: [] }),
  register('redirect_uri by http', { ...GOOD, redirect_uris: ['http://evil.example/cb'] }),
  register('redirect_uri with a fragment', { ...GOOD, redirect_uris: ['https://honest.example/cb#f'] }),
  register('redirect_uri with a star', { ...GOOD, redirect_uris: ['https://*.honest.example/cb'] }),
  register('redirect_uri javascript:', { ...GOOD, redirect_uris: ['javascript:alert(1)'] }),
  register('redirect_uri with user information', { ...GOOD, redirect_uris: ['https://a@honest.example/cb'] }),
  register('logo_uri javascript:', { ...GOOD, logo_uri: 'javascript:alert(1)' }),
  register('markup in client_name', { ...GOOD, client_name: '<img src=x onerror=alert(1)>' }),
  register('jwks and jwks_uri', { ...GOOD, jwks: { keys: [] }, jwks_uri: 'https://honest.example/jwks' }),
  register('jwks_uri to the metadata service', { ...GOOD, jwks_uri: 'http://169.254.169.254/' }),
  register('auth method unknown', { ...GOOD, token_endpoint_auth_method: 'pigeon' }),
  register('client_credentials openly', {
    ...GOOD,
    grant_types: ['client_credentials'],
    response_types: [],
    token_endpoint_auth_method: 'client_secret_basic',
  }),
  register('half an object', '{'),
  register('a list', '[]'),
];

const TELL: Case[] = [
  { name: 'introspect: without authentication', make: () => post('/oauth/introspect', { token: 'garbage' }) },
  { name: 'introspect: garbage', make: () => post('/oauth/introspect', { token: 'garbage' }, basic('server', SECRETS.server)) },
  { name: 'introspect: no token', make: () => post('/oauth/introspect', {}, basic('server', SECRETS.server)) },
  { name: 'revoke: garbage', make: () => post('/oauth/revoke', { token: 'garbage', client_id: 'web' }) },
  { name: 'revoke: no token', make: () => post('/oauth/revoke', { client_id: 'web' }) },
  { name: 'revoke: without client', make: () => post('/oauth/revoke', { token: 'garbage' }) },
  {
    name: "revoke: another client's token",
    make: async (side) => post('/oauth/revoke', { token: await side.refresh(), client_id: 'other' }),
  },
  { name: 'userinfo: without a token', make: () => ({ path: '/oauth/userinfo', asked: {} }) },
  { name: 'userinfo: garbage', make: () => ({ path: '/oauth/userinfo', asked: { headers: { authorization: 'Bearer garbage' } } }) },
];

export const CASES: readonly Case[] = [...AUTHORIZE, ...TOKEN, ...CODE, ...REFRESH, ...PAR, ...REGISTER, ...TELL];
