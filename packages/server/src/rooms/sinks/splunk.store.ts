import type { Outbound } from '../../base/outbound/contract.ts';
import { postTo } from './post.store.ts';
import { allOf, NONE, type Outgoing, type Send, type Sending } from './send.ts';

/** Answers of the HTTP Event Collector that are about the token or the index, not about an event, and come as 400. */
const OF_THE_SINK = new Set([7, 10, 11]);
const PATH = '/services/collector/event';

/** Splunk's HTTP Event Collector: objects one behind the other, `time` in seconds with its milliseconds. The event's own id is in the event. */
export function splunkSend({ outbound, host }: { outbound: Pick<Outbound, 'request'>; host: string }): Send {
  return async (sink, secret, items) => {
    const answer = await postTo(outbound, {
      url: urlOf(sink.url ?? ''),
      headers: { ...sink.headers, 'content-type': 'application/json', 'user-agent': 'Writ', authorization: `Splunk ${secret ?? ''}` },
      body: items.map((item) => JSON.stringify(envelopeOf(item, sink, host))).join(''),
    });
    if (answer.ok) return { taken: allOf(items) };
    const code = codeIn(answer.body);
    const about = code !== undefined && OF_THE_SINK.has(code);
    const sentence = code === undefined ? answer.fault.sentence : `${answer.fault.sentence} Splunk's code is ${code}.`;
    return { taken: NONE, fault: { ...answer.fault, kind: about ? 'retry' : answer.fault.kind, sentence } };
  };
}

/** The collector's own path where the author gave only the host. */
function urlOf(url: string): string {
  const parsed = new URL(url);
  if (parsed.pathname === '/') parsed.pathname = PATH;
  return parsed.href;
}

function envelopeOf({ time, value }: Outgoing, sink: Sending, host: string): object {
  return {
    time: Number((time / 1_000).toFixed(3)),
    host,
    source: sink.source ?? 'writ',
    sourcetype: sink.sourcetype ?? (sink.format === 'ocsf' ? 'writ:audit:ocsf' : 'writ:audit'),
    ...(sink.index === undefined ? {} : { index: sink.index }),
    event: value,
  };
}

function codeIn(body: Buffer | undefined): number | undefined {
  const [, code] = /^\s*\{.{0,200}?"code"\s*:\s*(\d{1,3})/s.exec(body?.toString('utf8', 0, 400) ?? '') ?? [];
  return code === undefined ? undefined : Number(code);
}
