import type { Evidence, KeyProvider, OAuthProvider, Provider, ProviderQuirks, ProviderScope, Variable } from './provider.ts';
import type { Faults, Reader } from './read.ts';
import { readerOf } from './read.ts';

export type ProviderFault = { readonly at: string; readonly message: string };

const ID = /^[a-z0-9][a-z0-9-]{0,40}$/;
const HEADER = /^[a-z0-9][a-z0-9-]{0,60}$/;
const HOST = /^(\*\.)?[a-z0-9{][a-zA-Z0-9.{}-]*$/;
const PATH = /^\/[^\s\\#]*$/;
/** RFC 6749 §3.3. */
const SCOPE = /^[\x21\x23-\x5b\x5d-\x7e]+$/;

/** Reads entries as they stand in the data files. `file` is what faults are named after. Pure. */
export function parseProviders(file: string, data: unknown): { readonly providers: Provider[]; readonly faults: ProviderFault[] } {
  const found: ProviderFault[] = [];
  const faults: Faults = { add: (at, message) => void found.push({ at, message }) };
  const entries: unknown[] = Array.isArray(data) ? data : [];
  if (!Array.isArray(data)) faults.add(file, 'a list');
  const providers = entries.map((entry, index) => {
    const reader = readerOf(entry, `${file}[${index}]`, faults);
    const type = reader.oneOf('type', ['oauth', 'api_key', 'basic']);
    const provider = type === 'oauth' ? readOAuth(reader) : readKey(reader, type);
    reader.end();
    judge(provider, reader.at, faults);
    return provider;
  });
  return { providers, faults: found };
}

function readKnown(reader: Reader) {
  return {
    id: reader.text('id', ID),
    name: reader.text('name'),
    category: reader.text('category', ID),
    docs: reader.text('docs', /^https:\/\/\S+$/),
    variables: reader.maybeList('variables', readVariable),
    baseUrl: reader.text('baseUrl', /^https:\/\/[a-zA-Z0-9.{}-]+$/),
    allowedHosts: reader.maybeTexts('allowedHosts', HOST) ?? [],
    allowedPaths: reader.maybeTexts('allowedPaths', PATH),
    headers: reader.maybeMap('headers'),
    test: reader.maybeObject('test', readTest),
    notes: reader.maybeText('notes'),
    evidence: reader.maybeList('evidence', readEvidence) ?? [],
  };
}

function readOAuth(reader: Reader): OAuthProvider {
  return {
    ...readKnown(reader),
    type: 'oauth',
    authorizationUrl: reader.url('authorizationUrl'),
    tokenUrl: reader.url('tokenUrl'),
    refreshUrl: reader.maybeUrl('refreshUrl'),
    revocationUrl: reader.maybeUrl('revocationUrl'),
    userinfoUrl: reader.maybeUrl('userinfoUrl'),
    issuer: reader.maybeUrl('issuer'),
    pkce: reader.oneOf('pkce', ['unknown', 'required', 'supported', 'refused']),
    refresh: reader.oneOf('refresh', ['none', 'keeps', 'rotates']),
    quirks: reader.maybeObject('quirks', readQuirks) ?? {},
    alwaysScopes: reader.maybeTexts('alwaysScopes', SCOPE),
    scopes: reader.maybeList('scopes', readScope),
    header: reader.maybeText('header', HEADER),
    prefix: reader.maybeText('prefix', /^[!-~]* ?$/),
  };
}

function readKey(reader: Reader, type: KeyProvider['type']): KeyProvider {
  return {
    ...readKnown(reader),
    type,
    header: reader.maybeText('header', HEADER),
    prefix: reader.maybeText('prefix', /^([!-~][ -~]*)?$/),
    query: reader.maybeText('query', /^[A-Za-z0-9._-]+$/),
    username: reader.maybeText('username'),
    password: reader.maybeText('password'),
    makeAt: reader.maybeText('makeAt', /^https:\/\/\S+$/),
  };
}

function readVariable(reader: Reader): Variable {
  const variable = {
    name: reader.text('name', /^[a-z]{1,20}$/),
    title: reader.text('title'),
    pattern: reader.text('pattern'),
    example: reader.text('example'),
    default: reader.maybeText('default'),
  };
  reader.end();
  return variable;
}

function readTest(reader: Reader): NonNullable<Provider['test']> {
  const test = { method: reader.oneOf('method', ['GET', 'POST']), path: reader.text('path', PATH) };
  reader.end();
  return test;
}

function readScope(reader: Reader): ProviderScope {
  const scope = { name: reader.text('name', SCOPE), title: reader.text('title') };
  const writes = reader.maybeBoolean('writes') === true;
  reader.end();
  return writes ? { ...scope, writes } : scope;
}

function readEvidence(reader: Reader): Evidence {
  const kind = reader.oneOf('kind', ['metadata', 'documentation', 'program']);
  const evidence: Evidence =
    kind === 'metadata'
      ? { kind, issuer: reader.text('issuer', /^https:\/\/\S+$/) }
      : kind === 'documentation'
        ? { kind, url: reader.text('url', /^https:\/\/\S+$/), read: readNames(reader) }
        : { kind, name: reader.text('name') };
  reader.end();
  return evidence;
}

const ADDRESSES = ['authorizationUrl', 'tokenUrl'] as const;

function readNames(reader: Reader): (typeof ADDRESSES)[number][] {
  const names = reader.maybeTexts('read', /^(authorizationUrl|tokenUrl)$/) ?? [];
  return ADDRESSES.filter((name) => names.includes(name));
}

function readQuirks(reader: Reader): ProviderQuirks {
  const quirks: ProviderQuirks = {
    tokenAuth: reader.maybeOneOf('tokenAuth', ['basic', 'post', 'none'] as const),
    tokenBody: reader.maybeOneOf('tokenBody', ['form', 'json'] as const),
    scopeSeparator: reader.maybeOneOf('scopeSeparator', [' ', ','] as const),
    answerSeparator: reader.maybeOneOf('answerSeparator', [','] as const),
    scopeParameter: reader.maybeText('scopeParameter', /^[a-z_]+$/),
    pkce: reader.maybeBoolean('pkce') === false ? false : undefined,
    authorizationParams: reader.maybeMap('authorizationParams'),
    tokenParams: reader.maybeMap('tokenParams'),
    answerIn: reader.maybeText('answerIn', /^[a-z_]+$/),
    bearerWords: reader.maybeTexts('bearerWords'),
    lifetime: reader.maybeNumber('lifetime'),
    scopeOnRefresh: reader.maybeBoolean('scopeOnRefresh'),
    deadWords: reader.maybeTexts('deadWords'),
    revoke: reader.maybeOneOf('revoke', ['refresh', 'access'] as const),
    omitsIss: reader.maybeBoolean('omitsIss') === true ? true : undefined,
  };
  reader.end();
  return quirks;
}

/** What the members mean together. */
function judge(provider: Provider, at: string, faults: Faults): void {
  if (provider.allowedHosts.length === 0) faults.add(`${at}.allowedHosts`, 'is missing');
  if (provider.test !== undefined && !isAllowed(provider)) faults.add(`${at}.test`, 'is a call that the hosts and paths do not allow');
  for (const [place, text] of placesOf(provider)) {
    for (const [, name = ''] of text.matchAll(/\{([^}]*)\}/g))
      if (!(provider.variables ?? []).some((one) => one.name === name)) faults.add(`${at}.${place}`, `there is no variable ${name}`);
  }
  for (const { name, pattern, example, default: usual = example } of provider.variables ?? []) {
    const whole = new RegExp(`^(?:${pattern})$`, 'u');
    if (!whole.test(example) || !whole.test(usual)) faults.add(`${at}.variables.${name}`, 'example and default fit the pattern');
    // What it lets through stands in a host: nothing may end the host and begin another.
    if (['a/b', 'a@b', 'a:1', 'a?b', 'a#b', 'a\\b', 'a b', ''].some((text) => whole.test(text)))
      faults.add(`${at}.variables.${name}`, 'the pattern lets through what ends a host');
  }
  if (provider.type === 'oauth') {
    if ((provider.pkce === 'refused') !== (provider.quirks.pkce === false))
      faults.add(`${at}.pkce`, 'refused goes with the quirk, and only that');
    return;
  }
  const places = [provider.header, provider.query].filter((one) => one !== undefined).length;
  if (places !== (provider.type === 'basic' ? 0 : 1)) faults.add(at, 'a key goes into a header or into the query; basic has neither');
  if (provider.type === 'basic' && (provider.username === undefined || provider.password === undefined))
    faults.add(at, 'basic says what user name and password are');
}

function isAllowed({ baseUrl, allowedHosts, allowedPaths = ['/*'], test }: Provider): boolean {
  const host = baseUrl.slice('https://'.length);
  const byHost = allowedHosts.some((one) => (one.startsWith('*.') ? host.endsWith(one.slice(1)) : one === host));
  const byPath = allowedPaths.some((one) => (one.endsWith('*') ? test?.path.startsWith(one.slice(0, -1)) : one === test?.path));
  return byHost && byPath;
}

/** Every text in which a variable may stand. */
function placesOf(provider: Provider): (readonly [string, string])[] {
  const { baseUrl, allowedHosts, headers = {} } = provider;
  const own =
    provider.type === 'oauth'
      ? (['authorizationUrl', 'tokenUrl', 'refreshUrl', 'revocationUrl', 'userinfoUrl', 'issuer'] as const).map(
          (name) => [name, provider[name] ?? ''] as const,
        )
      : [];
  return [
    ['baseUrl', baseUrl],
    ...own,
    ...allowedHosts.map((host) => ['allowedHosts', host] as const),
    ...Object.values(headers).map((value) => ['headers', value] as const),
  ];
}
