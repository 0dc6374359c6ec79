import { fail, ok, type Result } from '../../base/result.ts';
import type { ClientMetadata } from './client.ts';
import { isInternalName } from './hosts.ts';
import type { Members, MetadataRules } from './rules.ts';

export const LINKS = { client_uri: 'clientUri', logo_uri: 'logoUri', policy_uri: 'policyUri', tos_uri: 'tosUri' } as const;
export const TEXTS = { software_id: 'softwareId', software_version: 'softwareVersion' } as const;

export function readDescription(members: Members, rules: MetadataRules): Result<ClientMetadata, string> {
  const said: ClientMetadata = {};
  for (const [member, field] of Object.entries(LINKS)) {
    const value = members[member];
    if (value === undefined || value === null || value === '') continue;
    const fault =
      typeof value === 'string' ? (member === 'logo_uri' ? fetchFault(value, rules) : linkFault(value)) : 'an https URL is needed';
    if (fault !== undefined || typeof value !== 'string') return fail(`${member}: ${fault ?? ''}`);
    said[field] = value;
  }
  for (const [member, field] of Object.entries(TEXTS)) {
    const value = members[member];
    if (typeof value === 'string' && value.length <= 200) said[field] = value;
  }
  // Not kept, since sector identifiers are for pairwise subjects, but a URL that points inside is an attempt.
  const sector = members['sector_identifier_uri'];
  if (typeof sector === 'string' && fetchFault(sector, rules) !== undefined)
    return fail('sector_identifier_uri: a public https URL is needed');
  return readRest(members, said);
}

function readRest(members: Members, said: ClientMetadata): Result<ClientMetadata, string> {
  const contacts = textList(members['contacts']);
  if (contacts === 'wrong' || (contacts?.length ?? 0) > 20) return fail('contacts is a list of at most 20 texts');
  const { scope, application_type: type } = members;
  if (scope !== undefined && scope !== null && typeof scope !== 'string') return fail('scope is a text');
  if (typeof scope === 'string' && (scope.length > 4_000 || !/^[!#-[\]-~ ]*$/.test(scope)))
    return fail('scope is words of RFC 6749 section 3.3');
  if (typeof scope === 'string' && scope.split(' ').some((word) => word.startsWith('admin:')))
    return fail('scopes of the admin API are given by an administrator');
  return ok({
    ...said,
    ...(contacts === undefined ? {} : { contacts }),
    ...(typeof scope === 'string' && scope.trim() !== '' ? { scope: scope.trim() } : {}),
    ...(type === 'native' || type === 'web' ? { applicationType: type } : {}),
  });
}

/** The texts of a list; undefined when there is none, `wrong` when it is something else. */
export function textList(value: unknown): string[] | undefined | 'wrong' {
  if (value === undefined || value === null) return undefined;
  if (!Array.isArray(value) || value.length > 100) return 'wrong';
  const texts = value.filter((one) => typeof one === 'string' && one.length <= 300);
  return texts.length === value.length ? texts : 'wrong';
}

/** A name that only means something inside a network is refused before any resolver is asked about it. */
export function fetchFault(url: string, rules: MetadataRules): string | undefined {
  const fault = linkFault(url) ?? rules.urlFault(url);
  if (fault !== undefined) return fault;
  const { hostname } = new URL(url);
  return isInternalName(hostname) && !/^(localhost|127\.0\.0\.1|\[::1\])$/.test(hostname) ? 'a public host name is needed' : undefined;
}

function linkFault(url: string): string | undefined {
  return /^https:\/\/[^/\s\\]/i.test(url) && /^[!-~]{1,2000}$/.test(url) && URL.canParse(url) && !/[<>"`{}]/.test(url)
    ? undefined
    : 'an https URL is needed';
}
