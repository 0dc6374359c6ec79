import { WHOLE, type PolicyRequest } from '@writ/policy';
import { fail, ok, type Result } from '../../base/result.ts';
import type { Client } from '../../rooms/clients/client.ts';
import type { Connection } from '../../rooms/connections/connection.ts';
import type { Resource } from '../../rooms/resources/resource.ts';
import type { Question } from './question.ts';

/** Who asks: an administrator about anything, a client of the hub about that whose server it is. */
export type Asker = { kind: 'administrator'; id: string } | { kind: 'server'; client: Client };

/** Tags that only an administrator can give: the client is the server of that resource, or stands before that connection. */
const SERVER_TAGS = { resource: 'resource-server:', connection: 'connection-server:' } as const;

/** What is asked about. `scopes`: what the deed needs; none: that the resource can be reached at all, or the connection as a whole. */
export type Target = {
  kind: 'resource' | 'connection';
  target: PolicyRequest['target'];
  resource?: Resource;
  scopes: readonly string[];
  tool?: string;
  /** A connection for some tenants only: to all others, and without a tenant, it is not there. */
  connection?: KnownConnection;
};

/** What the hub knows of a connection. */
export type KnownConnection = Pick<Connection, 'id' | 'type' | 'tags' | 'tenants' | 'state'>;

/** `absent`: there is no such thing for this asker, whether it is not there or not theirs. `deed`: the thing has no such scope or tool. */
export type TargetFault = 'absent' | 'deed';

export type TargetDeps = {
  catalogue: { byId(id: string): Resource | undefined; all(): readonly Resource[]; match(uri: string): { resource: Resource } | undefined };
  connection(id: string): KnownConnection | undefined;
};

export function targetOf(deps: TargetDeps, asker: Asker, question: Question): Result<Target, TargetFault> {
  switch (question.resource.type) {
    case 'resource':
      return resourceTarget(deps, asker, question);
    case 'tool':
      return toolTarget(deps, asker, question);
    case 'connection':
      return connectionTarget(deps, asker, question);
    default:
      return fail('absent');
  }
}

/** A client that is nobody's server has nothing to ask here. */
export function isServer({ tags }: Pick<Client, 'tags'>): boolean {
  return tags.some((tag) => tag.startsWith(SERVER_TAGS.resource) || tag.startsWith(SERVER_TAGS.connection));
}

function mayAsk(asker: Asker, kind: Target['kind'], id: string): boolean {
  return asker.kind === 'administrator' || asker.client.tags.includes(`${SERVER_TAGS[kind]}${id}`);
}

function found({ catalogue }: TargetDeps, asker: Asker, id: string): Resource | undefined {
  const resource = catalogue.byId(id) ?? catalogue.match(id)?.resource;
  // Of a proxy policy decides as of its connection, and is asked about that.
  return resource?.proxied === undefined && resource !== undefined && mayAsk(asker, 'resource', resource.id) ? resource : undefined;
}

/** The action is one of the resource's scopes, or one of its tools and so all the scopes that this tool needs. */
function resourceTarget(deps: TargetDeps, asker: Asker, { resource: { id }, action }: Question): Result<Target, TargetFault> {
  const resource = found(deps, asker, id);
  if (resource === undefined) return fail('absent');
  if (resource.scopes.some(({ name }) => name === action.name)) return ok(aboutResource(resource, [action.name]));
  const tool = resource.tools.find(({ name }) => name === action.name);
  return tool === undefined ? fail('deed') : ok({ ...aboutResource(resource, tool.scopes), tool: tool.name });
}

/** The tool is named; whatever the action is called, it is to call it. The resource stands in the properties where there can be several. */
function toolTarget(deps: TargetDeps, asker: Asker, { resource: { id, properties } }: Question): Result<Target, TargetFault> {
  const named = properties?.['resource'];
  const resource = typeof named === 'string' ? found(deps, asker, named) : named === undefined ? onlyTheirs(deps, asker) : undefined;
  if (resource === undefined) return fail('absent');
  const tool = resource.tools.find(({ name }) => name === id);
  return tool === undefined ? fail('deed') : ok({ ...aboutResource(resource, tool.scopes), tool: tool.name });
}

function onlyTheirs({ catalogue }: TargetDeps, asker: Asker): Resource | undefined {
  const theirs = catalogue.all().filter(({ id }) => mayAsk(asker, 'resource', id));
  return theirs.length === 1 ? theirs[0] : undefined;
}

function aboutResource(resource: Resource, scopes: readonly string[]): Target {
  const { id, type, tags } = resource;
  return { kind: 'resource', resource, target: { kind: 'resource', id, type, tags }, scopes };
}

/**
 * The action is a scope of the connection, or `whole` for a credential that has none. Type and tags are the hub's: a question that says
 * otherwise, or leaves a tag out, must not walk around a rule about them.
 */
function connectionTarget(deps: TargetDeps, asker: Asker, { resource: { id }, action }: Question): Result<Target, TargetFault> {
  const connection = mayAsk(asker, 'connection', id) ? deps.connection(id) : undefined;
  if (connection === undefined) return fail('absent');
  const { type, tags } = connection;
  const scopes = action.name === WHOLE ? [] : [action.name];
  return ok({ kind: 'connection', target: { kind: 'connection', id, type, tags }, scopes, connection });
}
