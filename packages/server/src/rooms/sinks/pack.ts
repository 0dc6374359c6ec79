import type { AuditEvent } from '../audit/event.ts';
import { cef } from './cef.ts';
import { masked, type MaskHash } from './mask.ts';
import { native } from './native.ts';
import { ocsf } from './ocsf.ts';
import type { Outgoing } from './send.ts';
import type { Sink } from './sink.ts';

/** Makes an entry ready to leave: masked first, then in the sink's format. */
export function pack(
  entry: { chain: string; seq: number; id: string; time: number; event: AuditEvent; hash: string },
  sink: Pick<Sink, 'format' | 'mask'>,
  of: { version: string; maskHash: MaskHash },
): Outgoing {
  const event = masked(entry.event, sink.mask, of.maskHash);
  const { chain, seq, id, time, hash } = entry;
  const common = { chain, seq, id, time, event };
  if (sink.format === 'cef') return { ...common, text: cef(event, hash, of.version), value: event };
  const value = sink.format === 'ocsf' ? ocsf(event, hash, of.version) : native(event, hash);
  return { ...common, text: JSON.stringify(value), value };
}
