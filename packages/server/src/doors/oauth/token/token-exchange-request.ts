import { TOKEN_TYPES } from '@writ/protocol';
import { fail, ok, type Result } from '../../../base/result.ts';
import type { Matched } from '../../../rooms/resources/match.ts';
import type { Resource } from '../../../rooms/resources/resource.ts';
import type { ClientRequest } from './grant.ts';
import { refusal, type Refusal } from './refusal.ts';
import { UNKNOWN_TARGET, type TargetDeps } from './target.ts';

/**
 * What an exchange hands out. An access token is made by the grant itself; the others are made by whoever is given as their issuer
 * (token-exchange.ts), from the same request and through the same phases.
 */
export type ExchangeOutput =
  | { readonly kind: 'access_token'; readonly issuedTokenType: string }
  | { readonly kind: 'id_jag' }
  | { readonly kind: 'connection'; readonly connection: string };

/** The parameters of RFC 8693 §2.1, read once. `subjectTokenType` is judged here for access tokens only; another issuer judges its own. */
export type ExchangeAsk = {
  output: ExchangeOutput;
  subjectToken: string;
  subjectTokenType: string;
  actorToken?: string;
  /** Values of `resource`: URIs. */
  resources: readonly string[];
  /** Values of `audience`: URIs, or ids, by which the hub knows a resource as well (RFC 8693: "logical name"). */
  audiences: readonly string[];
};

/** A credential of a connection is asked for by this name. */
const CONNECTION = /^urn:writ:connection:([A-Za-z0-9][A-Za-z0-9._-]{0,63})$/;
/** What comes out is said in the answer: of some connections an access token, of others a key. */
const OF_CONNECTIONS: ReadonlySet<string> = new Set([TOKEN_TYPES.access_token, TOKEN_TYPES.credential]);
/** Our access tokens are JWTs, so they may be called by either name (RFC 8693 §3). */
const OF_ACCESS_TOKENS: ReadonlySet<string> = new Set([TOKEN_TYPES.access_token, TOKEN_TYPES.jwt]);

const malformed = (reason: string, description: string): Result<never, Refusal> => fail(refusal('invalid_request', reason, description));

/** `isConnection`: whether a bare `audience` is the id of a connection, and of no resource. */
export function readExchange(
  { form }: Pick<ClientRequest, 'form'>,
  isConnection: (audience: string) => boolean = () => false,
): Result<ExchangeAsk, Refusal> {
  const subjectToken = form.get('subject_token');
  const subjectTokenType = form.get('subject_token_type');
  if (subjectToken === undefined) return malformed('subject_token_missing', 'The parameter subject_token is missing.');
  if (subjectTokenType === undefined) return malformed('subject_token_type_missing', 'The parameter subject_token_type is missing.');
  const actorToken = form.get('actor_token');
  const actorTokenType = form.get('actor_token_type');
  // RFC 8693 §2.1: both or neither.
  if (actorToken !== undefined && actorTokenType === undefined)
    return malformed('actor_token_type_missing', 'The parameter actor_token_type is missing.');
  if (actorToken === undefined && actorTokenType !== undefined)
    return malformed('actor_token_missing', 'The parameter actor_token_type stands without actor_token.');
  if (actorTokenType !== undefined && !OF_ACCESS_TOKENS.has(actorTokenType))
    return malformed('actor_token_type', 'The actor_token is an access token.');
  const resources = form.all('resource');
  const audiences = form.all('audience');
  const connections = [
    ...resources.map(connectionIn),
    ...audiences.map((name) => connectionIn(name) ?? (isConnection(name) ? name : undefined)),
  ];
  const output = outputOf(form.get('requested_token_type'), connections);
  if (!output.ok) return output;
  if (output.value.kind !== 'id_jag' && !OF_ACCESS_TOKENS.has(subjectTokenType))
    return malformed('subject_token_type', 'The subject_token is an access token: no other kind is exchanged.');
  return ok({
    output: output.value,
    subjectToken,
    subjectTokenType,
    ...(actorToken === undefined ? {} : { actorToken }),
    resources,
    audiences,
  });
}

function connectionIn(target: string): string | undefined {
  return CONNECTION.exec(target)?.[1];
}

/** RFC 8693 §2.2.2: a type that is unknown or never given out is an invalid request. */
function outputOf(requested: string | undefined, connections: readonly (string | undefined)[]): Result<ExchangeOutput, Refusal> {
  const [connection] = connections;
  if (connections.some((one) => one !== undefined)) {
    if (connection === undefined || connections.some((one) => one !== connection))
      return fail(refusal('invalid_target', 'several_targets', 'One exchange is for one target.'));
    if (requested === undefined || OF_CONNECTIONS.has(requested)) return ok({ kind: 'connection', connection });
    return malformed('requested_token_type', 'A connection gives credentials of no such type.');
  }
  if (requested === undefined || OF_ACCESS_TOKENS.has(requested))
    return ok({ kind: 'access_token', issuedTokenType: requested ?? TOKEN_TYPES.access_token });
  if (requested === TOKEN_TYPES.id_jag) return ok({ kind: 'id_jag' });
  return malformed('requested_token_type', 'This hub does not give out tokens of the requested type.');
}

/** Which resource is meant: the one that is named, by whatever of its names, or else the one that the presented token is for. */
export function exchangeTarget(
  catalogue: TargetDeps & { byId(id: string): Resource | undefined },
  { resources, audiences }: Pick<ExchangeAsk, 'resources' | 'audiences'>,
  own: Resource | undefined,
): Result<Matched, Refusal> {
  const named = (id: string): Matched | undefined => {
    const resource = catalogue.byId(id);
    return resource && { resource, matchedByAlias: true };
  };
  const found = [...resources.map((uri) => catalogue.match(uri)), ...audiences.map((name) => catalogue.match(name) ?? named(name))];
  if (found.length === 0) return own === undefined ? fail(UNKNOWN_TARGET) : ok({ resource: own, matchedByAlias: false });
  const [first] = found;
  if (first === undefined || found.some((one) => one === undefined)) return fail(UNKNOWN_TARGET);
  if (found.some((one) => one?.resource.id !== first.resource.id))
    return fail(refusal('invalid_target', 'several_targets', 'One token is for one resource.'));
  return ok({ resource: first.resource, matchedByAlias: found.some((one) => one?.matchedByAlias === true) });
}
