import type { AuditEvent } from '../audit/event.ts';

/** The entry as the hub keeps it, with its hash: unmasked, a copy of the chain that can be verified. */
export function native(event: AuditEvent, hash: string): Record<string, unknown> {
  return { ...event, hash };
}

/** An event that no chain holds, to try a sink with: stable in everything but its id and time. */
export function testEvent(of: { id: string; time: number; sink: string; request: string }): AuditEvent {
  return {
    actor: { chain: [] },
    data: { test: true },
    id: of.id,
    initiator: 'hub',
    ip: null,
    outcome: 'success',
    prev: '',
    request: of.request,
    seq: 0,
    target: { id: of.sink, type: 'sink' },
    tenant: null,
    time: new Date(of.time).toISOString(),
    type: 'sink.tested',
    userAgent: null,
  };
}
