import { describe, expect, it } from 'vitest';
import type { Client } from '../clients/client.ts';
import type { Grant } from '../consent/grant.ts';
import type { Resource, Scope } from '../resources/resource.ts';
import { approve, isEmpty, makeOffer, type OfferFacts } from './offer.ts';
import { settledApproval, type RememberFacts } from './remembered.ts';
import { responseLocation } from './response.ts';

const scope = (name: string, risk: Scope['risk'], changes: Partial<Scope> = {}): Scope => ({
  name,
  title: name,
  description: '',
  risk,
  required: false,
  kind: 'permission',
  stepUp: false,
  ...changes,
});
const resource: Resource = {
  id: 'ops',
  type: 'mcp',
  uri: 'https://ops.example',
  aliases: [],
  name: 'Ops',
  tools: [],
  tags: [],
  version: 1,
  createdAt: 0,
  scopes: [scope('drop', 'high'), scope('read', 'low'), scope('write', 'elevated'), scope('list', 'low', { required: true })],
  registration: { cimd: { enabled: true, hosts: [] }, dcr: { enabled: true } },
  settings: { onExcess: 'narrow' },
};
const ALL = ['drop', 'read', 'write', 'list'];
const none = { declared: new Set<string>(), held: new Set<string>() };
const facts: OfferFacts = {
  resource,
  within: ALL,
  named: false,
  identityScopes: [],
  granted: { scopes: ALL, withheld: [], approvals: [] },
  permissions: none,
  refreshes: true,
  ends: { defaultDays: null, maxDays: null },
  grant: undefined,
};
const grant: Grant = {
  id: 'grt_1',
  clientId: 'web',
  agentId: 'agt_1',
  userId: 'ann',
  resourceId: 'ops',
  scopes: ['read', 'list'],
  redirectUri: 'https://app.example/cb',
  persistent: false,
  state: 'active',
  version: 1,
  createdAt: 0,
  updatedAt: 0,
  consentedAt: 0,
};
const ticked = (changes: Partial<OfferFacts>): string[] =>
  makeOffer({ ...facts, ...changes })
    .scopes.filter((one) => one.ticked)
    .map((one) => one.name);

describe('what is offered', () => {
  it('stands by risk, least first', () =>
    expect(makeOffer(facts).scopes.map((one) => one.name)).toEqual(['read', 'list', 'write', 'drop']));

  it('is what policy grants and no more', () => {
    expect(makeOffer({ ...facts, granted: { scopes: ['write'], withheld: [], approvals: [] } }).scopes.map((one) => one.name)).toEqual([
      'write',
    ]);
  });

  it('leaves out a permission that some role gives and this user does not hold', () => {
    const offer = makeOffer({ ...facts, permissions: { declared: new Set(['drop', 'write']), held: new Set(['write']) } });
    expect(offer.scopes.map((one) => one.name)).toEqual(['read', 'list', 'write']);
  });

  it.each<[string, Partial<OfferFacts>, string[]]>([
    ['what was asked for by name', { named: true, within: ['drop', 'read'] }, ['read', 'drop']],
    ['the least risky when nothing was named', {}, ['read', 'list']],
    [
      'the least risky there is, when there is nothing of low risk',
      { granted: { scopes: ['write', 'drop'], withheld: [], approvals: [] } },
      ['write'],
    ],
    ['what was allowed last time, when nothing was named', { grant: { ...grant, scopes: ['drop'] } }, ['list', 'drop']],
  ])('is ticked for %s', (_, changes, names) => expect(ticked(changes)).toEqual(names));

  it('is nothing when no scope is left, unless only identity was asked for', () => {
    const nothing = makeOffer({ ...facts, granted: { scopes: [], withheld: [], approvals: [] } });
    expect(isEmpty(nothing, { named: true, within: ['read'] })).toBe(true);
    const identity = makeOffer({ ...facts, named: true, within: [], identityScopes: ['openid'] });
    expect(isEmpty(identity, { named: true, within: [] })).toBe(false);
  });
});

describe('what is allowed by a page', () => {
  const offer = makeOffer({ ...facts, identityScopes: ['openid', 'email'] });

  it.each<[string, string[], { scopes: string[]; identityScopes: string[] }]>([
    ['the boxes ticked, and the required ones', ['write', 'email'], { scopes: ['list', 'write'], identityScopes: ['openid', 'email'] }],
    ['the required ones alone', [], { scopes: ['list'], identityScopes: ['openid'] }],
    ['each once, in the order of the page', ['drop', 'read', 'drop'], { scopes: ['read', 'list', 'drop'], identityScopes: ['openid'] }],
  ])('is %s', (_, scopes, expected) =>
    expect(approve(offer, { scopes, persistent: true })).toEqual({ ...expected, persistent: true, how: 'asked' }),
  );

  it('is impossible with a box that was not there', () => {
    expect(approve(offer, { scopes: ['admin'], persistent: false })).toBeUndefined();
    expect(approve({ ...offer, persistent: undefined }, { scopes: [], persistent: true })).toBeUndefined();
  });

  it('is nothing when no scope of the resource is left ticked', () => {
    const loose = makeOffer({ ...facts, within: ['read'], named: true, identityScopes: ['openid'] });
    expect(approve(loose, { scopes: [], persistent: false })).toBe('nothing');
  });
});

describe('consent without a page', () => {
  const client: Pick<Client, 'firstParty'> = { firstParty: false };
  const settled = (changes: Partial<RememberFacts>) =>
    settledApproval({
      client,
      redirectUri: 'https://app.example/cb',
      named: true,
      grant,
      offer: makeOffer({ ...facts, named: true, within: ['read', 'list'] }),
      mustAsk: false,
      stale: [],
      personal: [],
      ...changes,
    })?.how;

  it.each<[string, Partial<RememberFacts>, string | undefined]>([
    ['remembered for an https address', {}, 'remembered'],
    ['not for a loopback port', { redirectUri: 'http://127.0.0.1:4000/cb' }, undefined],
    ['not for a private scheme', { redirectUri: 'com.example.app:/cb' }, undefined],
    ['not when the client asks for it', { mustAsk: true }, undefined],
    ['not without a grant', { grant: undefined }, undefined],
    ['not from a frozen grant', { grant: { ...grant, state: 'frozen' } }, undefined],
    ['not for more than was allowed', { offer: makeOffer({ ...facts, named: true }) }, undefined],
    [
      'not for identity that was not allowed',
      { offer: makeOffer({ ...facts, named: true, within: ['read', 'list'], identityScopes: ['email'] }) },
      undefined,
    ],
    ['for less than was allowed', { offer: makeOffer({ ...facts, named: true, within: ['read'] }) }, 'remembered'],
    ['for what was allowed, when nothing is named', { named: false, offer: makeOffer(facts) }, 'remembered'],
    ['first-party, the first time', { client: { firstParty: true }, grant: undefined }, 'first_party'],
    ['first-party again, by the same grant', { client: { firstParty: true }, redirectUri: 'http://127.0.0.1:4000/cb' }, 'remembered'],
  ])('is %s', (_, changes, how) => expect(settled(changes)).toBe(how));
});

describe('the address back to the client', () => {
  it.each([
    ['https://a.example/cb', 'https://a.example/cb?code=c&state=s+1&iss=i'],
    ['https://a.example/cb?x=1', 'https://a.example/cb?x=1&code=c&state=s+1&iss=i'],
    ['https://a.example/cb?', 'https://a.example/cb?code=c&state=s+1&iss=i'],
    ['com.example.app:/cb', 'com.example.app:/cb?code=c&state=s+1&iss=i'],
  ])('%s', (redirectUri, location) => expect(responseLocation({ redirectUri, state: 's 1', iss: 'i' }, { code: 'c' })).toBe(location));

  it('holds only characters that RFC 6749 allows in a description', () => {
    const location = responseLocation({ redirectUri: 'https://a.example/cb' }, { error: 'server_error', error_description: 'a"b\\c\nd é' });
    expect(new URL(location).searchParams.get('error_description')).toBe("a'b?c?d ?");
  });
});
