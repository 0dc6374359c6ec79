import { setTimeout as sleep } from 'node:timers/promises';
import type { HttpCall } from '@writ/flow';
import type { Clock } from '../../../base/clock.ts';
import { parseJson } from '../../../base/json.ts';
import type { Outbound } from '../../../base/outbound/outbound.ts';
import { CLOSED, onAttempt, onFailure, refusedUntil, type Breaker } from '../../connections/breaker.ts';
import { countsAgainst, failureOf, readBody, shownHeaders, type ConnectorAnswer, type ConnectorFailure } from './answer.ts';
import { provingOf, type OpenSecret, type Proving } from './auth.store.ts';
import { mayRepeat, pauseBefore, wireOf, type Wire } from './request.ts';
import { createServiceTokens, type ServiceTokens } from './tokens.store.ts';
import { trafficOf, type Traffic } from './traffic.ts';

/** `key`: the same for whatever is one deed, also when the step is taken again after a crash. */
export type ConnectorCall = { call: HttpCall; key: string; onTraffic?(traffic: Traffic): void };

/** Carries out the calls of flows. Never throws for what a far end does, never hangs, follows no redirect. */
export type Connector = (of: ConnectorCall) => Promise<ConnectorAnswer>;

export type ConnectorDeps = {
  outbound: Pick<Outbound, 'request'>;
  clock: Clock;
  openSecret: OpenSecret;
  /** For the metric; `result` is `answered` or one of CONNECTOR_FAILURES. */
  observe(result: 'answered' | ConnectorFailure, seconds: number): void;
};

const MAX_BYTES = 256 * 1024;
const MOST_BREAKERS = 1_000;

type Parts = ConnectorDeps & { tokens: ServiceTokens; breakers: Map<string, Breaker> };

export function createConnector(deps: ConnectorDeps): Connector {
  const parts: Parts = { ...deps, tokens: createServiceTokens(deps), breakers: new Map() };
  return async ({ call, key, onTraffic }) => {
    const began = performance.now();
    const wire = wireOf(call, key);
    const proving = await provingOf(parts, call.auth, wire.url);
    const run = proving.ok
      ? await tries(parts, { call, wire, proving: proving.value, deadline: began + call.timeout })
      : { answer: failed(proving.error), sent: wire, tries: 0 };
    const milliseconds = performance.now() - began;
    deps.observe(run.answer.kind === 'answered' ? 'answered' : run.answer.reason, milliseconds / 1000);
    const { secrets, guarded } = proving.ok ? proving.value : { secrets: [], guarded: [] };
    const shown = [...secrets, ...madeOf(run.sent, guarded)];
    onTraffic?.(trafficOf({ wire: run.sent, guarded, secrets: shown, tries: run.tries, milliseconds, answer: run.answer }));
    return run.answer;
  };
}

/** What went along in place of the secret (a token that it got, a signature): an answer may repeat that too, without the word before it. */
function madeOf({ headers }: Wire, guarded: readonly string[]): string[] {
  return guarded.flatMap((name) => [headers[name] ?? '', (headers[name] ?? '').replace(/^\S+ /, '')]).filter((value) => value.length > 5);
}

const failed = (reason: ConnectorFailure): ConnectorAnswer => ({ kind: 'failed', reason });

type Run = { answer: ConnectorAnswer; sent: Wire; tries: number };
type Running = { call: HttpCall; wire: Wire; proving: Proving; deadline: number };

/** One time limit over all tries: each gets what the ones before it left. */
async function tries(parts: Parts, { call, wire, proving, deadline }: Running): Promise<Run> {
  const { origin } = URL.canParse(wire.url) ? new URL(wire.url) : { origin: '' };
  for (let attempt = 0; ; attempt += 1) {
    const left = deadline - performance.now();
    if (left < 1) return { answer: failed('timeout'), sent: wire, tries: attempt };
    if (refusedUntil(parts.breakers.get(origin) ?? CLOSED, parts.clock.now()) !== undefined)
      return { answer: failed('breaker'), sent: wire, tries: attempt };
    const headers = await proving.headers(wire, parts.clock.now(), left);
    if (!headers.ok) return { answer: failed(headers.error), sent: wire, tries: attempt };
    const sent: Wire = { ...wire, headers: { ...wire.headers, ...headers.value } };
    note(parts, origin, onAttempt(parts.breakers.get(origin) ?? CLOSED, parts.clock.now(), call.timeout));
    const { answer, retryAfter } = await send(parts.outbound, sent, Math.max(1, Math.floor(deadline - performance.now())));
    const against = answer.kind === 'failed' && countsAgainst(answer.reason);
    note(parts, origin, against ? onFailure(parts.breakers.get(origin) ?? CLOSED, parts.clock.now()) : CLOSED);
    if (answer.kind === 'answered' && answer.status === 401) proving.refused();
    const done = { answer, sent, tries: attempt + 1 };
    const again = answer.kind === 'answered' ? mayRepeat(answer.status) : answer.reason === 'unreachable';
    if (!again || attempt >= call.retries) return done;
    const pause = pauseBefore(attempt, retryAfter);
    // What there is to say is said now, rather than a time-out later.
    if (performance.now() + pause >= deadline) return done;
    await sleep(pause);
  }
}

async function send(
  outbound: Pick<Outbound, 'request'>,
  wire: Wire,
  timeoutMs: number,
): Promise<{ answer: ConnectorAnswer; retryAfter?: string | undefined }> {
  const { body, ...head } = wire;
  const got = await outbound.request({ ...head, ...(body === undefined ? {} : { body }), maxBytes: MAX_BYTES, timeoutMs });
  if (!got.ok) return { answer: failed(failureOf(got.reason)) };
  const read = readBody(got.headers.get('content-type') ?? undefined, got.body.toString('utf8'), parseJson);
  const retryAfter = got.headers.get('retry-after') ?? undefined;
  // An error that is no JSON is still an answer of that status: what its body is matters to nobody.
  if (!read.ok && got.status < 400) return { answer: failed('malformed') };
  const seen = read.ok ? read.value : null;
  return { answer: { kind: 'answered', status: got.status, headers: shownHeaders(got.headers), body: seen }, retryAfter };
}

function note({ breakers }: Parts, origin: string, breaker: Breaker): void {
  if (breakers.size >= MOST_BREAKERS) breakers.clear();
  if (breaker === CLOSED) breakers.delete(origin);
  else breakers.set(origin, breaker);
}
