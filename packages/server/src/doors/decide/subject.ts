import { GRANTS, type GrantName } from '@writ/policy';
import { fail, ok, type Result } from '../../base/result.ts';
import type { Agent, Principal } from '../../rooms/agents/agent.ts';
import type { Client } from '../../rooms/clients/client.ts';
import type { Tenant } from '../../rooms/tenants/tenant.ts';
import type { AccessToken } from '../../rooms/tokens/access.ts';
import type { User } from '../../rooms/users/user.ts';
import type { Question } from './question.ts';

/** Everybody behind the deed that is asked about. `token`: they were shown by it, and it is alive. */
export type Subject = {
  grant: GrantName;
  client: Client;
  agent?: Pick<Agent, 'id' | 'state'> | undefined;
  user?: User | undefined;
  tenant?: Tenant | undefined;
  token?: AccessToken;
};

export type SubjectDeps = {
  client(id: string): Promise<Client | undefined>;
  user(id: string): Promise<User | undefined> | User | undefined;
  tenant(id: string): Promise<Tenant | undefined> | Tenant | undefined;
  agent(id: string): Promise<Agent | undefined>;
  agentOf(of: { clientId: string; principal: Principal }): Promise<Agent | undefined>;
  token(jwt: string, now: number): Promise<Result<AccessToken, string>>;
};

/** Why there is nobody: a word for the record. The asker hears the same of all of them. */
export type SubjectFault =
  | 'subject_unknown'
  | 'subject_type_unknown'
  | 'client_not_named'
  | 'tenant_not_named'
  | 'token_dead'
  | 'token_of_another';

/** Who the question is about: the bearer of a token that the asker was shown, or whom it names by id. */
export async function subjectOf(deps: SubjectDeps, question: Question, now: number): Promise<Result<Subject, SubjectFault>> {
  const jwt = question.context?.token;
  if (jwt !== undefined) return byToken(deps, question, jwt, now);
  const { type, id } = question.subject;
  if (type === 'agent') return byAgent(deps, question, id);
  if (type === 'client') return byNames(deps, question, { client: id });
  if (type === 'user') return byUser(deps, question, id);
  return fail('subject_type_unknown');
}

async function byToken(deps: SubjectDeps, question: Question, jwt: string, now: number): Promise<Result<Subject, SubjectFault>> {
  const read = await deps.token(jwt, now);
  if (!read.ok) return fail('token_dead');
  const token = read.value;
  if (!isOf(question.subject, token)) return fail('token_of_another');
  const client = await deps.client(token.clientId);
  if (client === undefined) return fail('subject_unknown');
  const user = token.userId === undefined ? undefined : await deps.user(token.userId);
  const tenant = token.tenantId === undefined ? undefined : await deps.tenant(token.tenantId);
  if ((token.userId !== undefined && user === undefined) || (token.tenantId !== undefined && tenant === undefined))
    return fail('subject_unknown');
  // Alive says that the agent is active.
  const agent = token.agentId === undefined ? undefined : { id: token.agentId, state: 'active' as const };
  return ok({ grant: grantBehind(token), client, agent, user, tenant, token });
}

/** A subject beside a token must be the token's: of two that contradict each other neither can be believed. */
function isOf({ type, id }: Question['subject'], { agentId, clientId, userId }: AccessToken): boolean {
  if (type === 'token') return true;
  const theirs = new Map([
    ['agent', agentId],
    ['client', clientId],
    ['user', userId],
  ]);
  return theirs.get(type) === id;
}

/** What a token shows of the grant that it came by. A code and a device leave the same trace, and so do assertions of either kind. */
function grantBehind({ actors, userId, grantId }: AccessToken): GrantName {
  if (actors.length > 0) return 'token_exchange';
  if (userId === undefined) return 'client_credentials';
  return grantId === undefined ? 'jwt_bearer' : 'authorization_code';
}

async function byAgent(deps: SubjectDeps, question: Question, id: string): Promise<Result<Subject, SubjectFault>> {
  const agent = await deps.agent(id);
  if (agent === undefined) return fail('subject_unknown');
  const { clientId, principal, tenantId } = agent;
  const names = {
    client: clientId,
    ...(principal.kind === 'user' ? { user: principal.id } : {}),
    ...(tenantId === undefined ? {} : { tenant: tenantId }),
  };
  return everybody(deps, question, names, agent);
}

async function byUser(deps: SubjectDeps, question: Question, id: string): Promise<Result<Subject, SubjectFault>> {
  const client = question.subject.properties?.['client'];
  return typeof client === 'string' ? byNames(deps, question, { client, user: id }) : fail('client_not_named');
}

type Names = { client: string; user?: string; tenant?: string };

/** By client and user: the agent is the one they have by now, if any. */
async function byNames(deps: SubjectDeps, question: Question, { client, user }: Names): Promise<Result<Subject, SubjectFault>> {
  const found = await deps.client(client);
  if (found === undefined) return fail('subject_unknown');
  const tenant = await tenantFor(deps, question, found, user);
  if (!tenant.ok) return tenant;
  const principal: Principal =
    user !== undefined
      ? { kind: 'user', id: user }
      : tenant.value === undefined
        ? { kind: 'client', id: client }
        : { kind: 'tenant', id: tenant.value };
  const agent = await deps.agentOf({ clientId: client, principal });
  const names = { client, ...(user === undefined ? {} : { user }), ...(tenant.value === undefined ? {} : { tenant: tenant.value }) };
  return everybody(deps, question, names, agent);
}

/** The tenant named beside the subject, or the only one there can be, as at the token endpoint. */
async function tenantFor(
  deps: SubjectDeps,
  { subject: { properties } }: Question,
  client: Client,
  userId: string | undefined,
): Promise<Result<string | undefined, SubjectFault>> {
  const named = properties?.['tenant'];
  const user = userId === undefined ? undefined : await deps.user(userId);
  if (userId !== undefined && user === undefined) return fail('subject_unknown');
  const theirs = user === undefined ? client.tenants : user.tenants.map(({ id }) => id);
  if (typeof named === 'string') return theirs.includes(named) ? ok(named) : fail('subject_unknown');
  if (named !== undefined) return fail('subject_unknown');
  return theirs.length > 1 ? fail('tenant_not_named') : ok(theirs[0]);
}

async function everybody(
  deps: SubjectDeps,
  question: Question,
  names: Names,
  agent: Agent | undefined,
): Promise<Result<Subject, SubjectFault>> {
  const client = await deps.client(names.client);
  const user = names.user === undefined ? undefined : await deps.user(names.user);
  const tenant = names.tenant === undefined ? undefined : await deps.tenant(names.tenant);
  if (client === undefined || (names.user !== undefined && user === undefined) || (names.tenant !== undefined && tenant === undefined))
    return fail('subject_unknown');
  return ok({ grant: grantNamed(question, user), client, user, tenant, agent: agent && { id: agent.id, state: agent.state } });
}

/** `properties.grant` of the subject; without it a user came by a code, and a client by its own credentials. */
function grantNamed({ subject: { properties } }: Question, user: User | undefined): GrantName {
  const named = properties?.['grant'];
  return GRANTS.find((grant) => grant === named) ?? (user === undefined ? 'client_credentials' : 'authorization_code');
}
