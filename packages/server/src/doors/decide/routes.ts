import { json, originOf, type Inbound, type Reply } from '../../base/http/message.ts';
import { route, type Call, type Route } from '../../base/http/route.ts';
import { parseJson } from '../../base/json.ts';
import { fail, type Result } from '../../base/result.ts';
import type { EventDraft } from '../../rooms/audit/event.ts';
import type { Audit } from '../../rooms/audit/store.ts';
import { evaluate, type Answer, type Asking, type EvaluateDeps, type Evaluated } from './evaluate.ts';
import { MOST_EVALUATIONS, readQuestion, readQuestions, type Question, type Questions, type Semantics } from './question.ts';
import { isServer, type Asker } from './target.ts';

/** Who asks, by the request's Authorization header; or why nobody: the reason for the entry, undefined where nothing was presented. */
export type AskerOf = (request: Inbound, now: number) => Promise<Result<Asker, string | undefined>>;

/** The reason of an administrator whose token does not hold the scope: known, and not permitted. */
export const INSUFFICIENT_SCOPE = 'insufficient_scope';

export type DecideDeps = EvaluateDeps & {
  issuer: string;
  audit: Pick<Audit, 'record'>;
  asker: AskerOf;
  /** False when this address has had so many refusals recorded that more would only fill the log. */
  mayRecord(ip: string, now: number): boolean;
};

const EVALUATION = '/decide/v1/evaluation';
const EVALUATIONS = '/decide/v1/evaluations';
const MAX_BODY = 512 * 1024;

/** AuthZEN Authorization API 1.0: one question, many, and where they are asked. */
export function decideRoutes(deps: DecideDeps): Route[] {
  return [
    route({
      method: 'POST',
      path: EVALUATION,
      access: 'client',
      audit: ['policy.decided', 'policy.refused'],
      summary: 'May this subject do this (AuthZEN access evaluation)',
      maxBody: MAX_BODY,
      handle: async (call) => named(call, await answered(deps, call, one)),
    }),
    route({
      method: 'POST',
      path: EVALUATIONS,
      access: 'client',
      audit: ['policy.decided', 'policy.refused'],
      summary: `May these subjects do these things, up to ${MOST_EVALUATIONS} at once (AuthZEN access evaluations)`,
      maxBody: MAX_BODY,
      handle: async (call) => named(call, await answered(deps, call, many)),
    }),
    route({
      method: 'GET',
      path: '/.well-known/authzen-configuration',
      access: 'public',
      audit: { none: 'describes the program, not what is in it' },
      summary: 'Where decisions are asked for (AuthZEN policy decision point metadata)',
      handle: () => json(200, metadataOf(deps.issuer), { 'cache-control': 'public, max-age=300' }),
    }),
  ];
}

/** §9.1.1. */
function metadataOf(issuer: string): Record<string, string> {
  return {
    policy_decision_point: issuer,
    access_evaluation_endpoint: `${issuer}${EVALUATION}`,
    access_evaluations_endpoint: `${issuer}${EVALUATIONS}`,
  };
}

type Answering = (deps: DecideDeps, asking: Asking, body: unknown) => Promise<Result<unknown, string>>;

/** Authentication, body, answer. What throws on the way is a failure of ours and answers 5xx: whoever enforces must take that for a no. */
async function answered(deps: DecideDeps, { request, now }: Call, answer: Answering): Promise<Reply> {
  const asker = await deps.asker(request, now);
  if (!asker.ok && asker.error === INSUFFICIENT_SCOPE) return forbidden(deps, request, INSUFFICIENT_SCOPE, undefined);
  if (!asker.ok) return unauthenticated(deps, request, now, asker.error);
  if (asker.value.kind === 'server' && !isServer(asker.value.client)) return forbidden(deps, request, 'no_server', asker.value.client.id);
  const body = readBody(request);
  if (!body.ok) return badRequest(request, body.error);
  const told = await answer(deps, { asker: asker.value, now, origin: originOf(request) }, body.value);
  return told.ok ? json(200, told.value) : badRequest(request, told.error);
}

function readBody(request: Inbound): Result<unknown, string> {
  const [type = ''] = (request.header('content-type') ?? '').split(';');
  if (type.trim().toLowerCase() !== 'application/json') return fail('The body must be application/json.');
  const read = parseJson(request.body);
  return read.ok ? read : fail('The body is no well-formed JSON.');
}

async function one(deps: DecideDeps, asking: Asking, body: unknown): Promise<Result<Answer, string>> {
  const question = readQuestion(body);
  if (!question.ok) return question;
  const { answer, entry } = await evaluate(deps, asking, question.value);
  await deps.audit.record(entry);
  return { ok: true, value: answer };
}

async function many(deps: DecideDeps, asking: Asking, body: unknown): Promise<Result<Answer | { evaluations: Answer[] }, string>> {
  const questions = readQuestions(body);
  if (!questions.ok) return questions;
  if (questions.value === undefined) return one(deps, asking, body);
  const done = await evaluateAll({ ...deps, ...eachOnce(deps, asking.now) }, asking, questions.value);
  // All of them share a flush.
  await Promise.all(done.flatMap(({ entry }) => (entry === undefined ? [] : [deps.audit.record(entry)])));
  return { ok: true, value: { evaluations: done.map(({ answer }) => answer) } };
}

/** Whom many evaluations are about is looked up once, so that all of them speak of the same moment. */
function eachOnce(deps: DecideDeps, now: number): Pick<DecideDeps, 'client' | 'agent' | 'agentOf' | 'token'> {
  return {
    client: once((id: string) => deps.client(id)),
    agent: once((id: string) => deps.agent(id)),
    agentOf: once((of: Parameters<DecideDeps['agentOf']>[0]) => deps.agentOf(of)),
    token: once((jwt: string) => deps.token(jwt, now)),
  };
}

function once<Of, Found>(find: (of: Of) => Promise<Found>): (of: Of) => Promise<Found> {
  const known = new Map<string, Promise<Found>>();
  return (of) => {
    const key = JSON.stringify(of);
    const found = known.get(key) ?? find(of);
    known.set(key, found);
    return found;
  };
}

type Done = { answer: Answer; entry?: EventDraft };

/** In the order asked, so that the first denial (or permission) is the first for everybody; what comes after it is not evaluated. */
async function evaluateAll(deps: DecideDeps, asking: Asking, { semantics, each }: Questions): Promise<Done[]> {
  const done: Done[] = [];
  for (const question of each) {
    const evaluated = await evaluateOne(deps, asking, question);
    done.push(evaluated);
    if (endsWith(semantics, evaluated.answer.decision)) return done;
  }
  return done;
}

async function evaluateOne(deps: DecideDeps, asking: Asking, question: Result<Question, string>): Promise<Done | Evaluated> {
  if (!question.ok) return { answer: { decision: false, context: { error: { status: 400, message: question.error } } } };
  return evaluate(deps, asking, question.value);
}

function endsWith(semantics: Semantics, decision: boolean): boolean {
  return semantics === (decision ? 'permit_on_first_permit' : 'deny_on_first_deny');
}

async function unauthenticated(deps: DecideDeps, request: Inbound, now: number, reason: string | undefined): Promise<Reply> {
  if (reason !== undefined && deps.mayRecord(request.ip, now)) await deps.audit.record(refusedEntry(request, reason, undefined));
  return error(request, 401, 'invalid_client', 'Only a server that this hub knows, or an administrator, may ask.', {
    'www-authenticate': 'Basic realm="writ", charset="UTF-8"',
  });
}

async function forbidden(deps: DecideDeps, request: Inbound, reason: string, client: string | undefined): Promise<Reply> {
  await deps.audit.record(refusedEntry(request, reason, client));
  return error(request, 403, 'access_denied', 'Who asks is the server of a resource (tag resource-server:<id>), or may read policies.');
}

function badRequest(request: Inbound, description: string): Reply {
  return error(request, 400, 'invalid_request', description);
}

function error(request: Inbound, status: number, word: string, description: string, headers: Reply['headers'] = {}): Reply {
  return json(status, { error: word, error_description: description, request_id: request.requestId }, headers);
}

function refusedEntry(request: Inbound, reason: string, client: string | undefined): EventDraft {
  return { type: 'policy.refused', initiator: 'agent', actor: { client }, outcome: 'refused', reason, origin: originOf(request) };
}

/** §10.1.7: the asker's own X-Request-ID comes back. The hub's stands in the entry and, on errors, in the body. */
function named({ request }: Call, reply: Reply): Reply {
  const theirs = request.header('x-request-id');
  return theirs !== undefined && /^[\x20-\x7e]{1,256}$/.test(theirs)
    ? { ...reply, headers: { ...reply.headers, 'x-request-id': theirs } }
    : reply;
}
