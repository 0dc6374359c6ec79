import { parseJson } from '../../base/json.ts';
import type { Clock } from '../../base/clock.ts';
import type { Outbound } from '../../base/outbound/contract.ts';
import type { AuditEvent } from '../audit/event.ts';
import { postTo } from './post.store.ts';
import { allOf, NONE, type Outgoing, type Send } from './send.ts';

/** INFO, WARN, ERROR of the OpenTelemetry log data model. */
const SEVERITY = { success: [9, 'INFO'], refused: [13, 'WARN'], failed: [17, 'ERROR'] } as const;

type Value = { stringValue: string } | { intValue: string };
type Attribute = { key: string; value: Value };

/**
 * OTLP 1 logs over HTTP, as JSON. Numbers of 64 bits are texts, as Protobuf's JSON mapping has it. A partial success says how many records were
 * refused and not which, so they are looked for in smaller portions.
 */
export function otlpSend(deps: { outbound: Pick<Outbound, 'request'>; clock: Clock; version: string; issuer: string }): Send {
  return async (sink, secret, items) => {
    const secretHeader = sink.secretHeader ?? 'authorization';
    const answer = await postTo(deps.outbound, {
      url: sink.url ?? '',
      headers: {
        ...sink.headers,
        'content-type': 'application/json',
        'user-agent': 'Writ',
        ...(secret === undefined ? {} : { [secretHeader]: sink.secretHeader === undefined ? `Bearer ${secret}` : secret }),
      },
      body: JSON.stringify(requestOf(items, deps)),
    });
    if (!answer.ok) return { taken: NONE, fault: answer.fault };
    const rejected = rejectedIn(answer.body);
    if (rejected === 0) return { taken: allOf(items) };
    return { taken: NONE, fault: { kind: 'refused', sentence: `It took the request and refused ${rejected} of ${items.length} records.` } };
  };
}

function requestOf(items: readonly Outgoing[], { clock, version, issuer }: { clock: Clock; version: string; issuer: string }): object {
  const observed = nanos(clock.now());
  return {
    resourceLogs: [
      {
        resource: { attributes: attributes({ 'service.name': 'writ', 'service.version': version, 'service.instance.id': issuer }) },
        scopeLogs: [{ scope: { name: 'writ.audit', version }, logRecords: items.map((item) => recordOf(item, observed)) }],
      },
    ],
  };
}

function recordOf({ event, text, time }: Outgoing, observed: string): object {
  const [severityNumber, severityText] = SEVERITY[event.outcome];
  return {
    timeUnixNano: nanos(time),
    observedTimeUnixNano: observed,
    severityNumber,
    severityText,
    eventName: event.type,
    body: { stringValue: text },
    attributes: attributes(wordsOf(event)),
  };
}

function wordsOf(event: AuditEvent): Record<string, string | number | undefined> {
  const { actor, target } = event;
  return {
    'log.record.uid': event.id,
    'event.name': event.type,
    'writ.tenant': event.tenant ?? undefined,
    'writ.seq': event.seq,
    'writ.outcome': event.outcome,
    'writ.reason': event.reason,
    'writ.initiator': event.initiator,
    'writ.client': actor.client,
    'writ.agent': actor.agent,
    'writ.txn': event.txn,
    'writ.decision': event.decision,
    'writ.target.type': target?.type,
    'writ.target.id': target?.id,
    'user.id': actor.user,
    'client.address': event.ip ?? undefined,
    'user_agent.original': event.userAgent ?? undefined,
  };
}

function attributes(words: Readonly<Record<string, string | number | undefined>>): Attribute[] {
  return Object.entries(words).flatMap(([key, value]) =>
    value === undefined ? [] : [{ key, value: typeof value === 'number' ? { intValue: String(value) } : { stringValue: value } }],
  );
}

function nanos(ms: number): string {
  return `${ms}000000`;
}

/** A body that is none of ours is a success: so the status said. */
function rejectedIn(body: Buffer): number {
  const read = parseJson(body.toString('utf8'));
  const answer: unknown = read.ok ? read.value : undefined;
  const partial = typeof answer === 'object' && answer !== null && 'partialSuccess' in answer ? answer.partialSuccess : undefined;
  const said = typeof partial === 'object' && partial !== null && 'rejectedLogRecords' in partial ? Number(partial.rejectedLogRecords) : 0;
  return Number.isSafeInteger(said) && said > 0 ? said : 0;
}
