import { sql } from 'kysely';
import { z } from 'zod';
import { testHouse, type TestHouse } from '../../../testing/house.ts';
import type { Engine } from '../../../testing/database.ts';
import { rows } from '../../base/db.ts';
import type { EventDraft } from '../audit/event.ts';

export const SECRET = 'whsec_c2luay1jYW5hcnktc2VjcmV0LTAxMjM0NTY3ODk=';

export const sinkShape = z.looseObject({
  id: z.string(),
  state: z.string(),
  pending: z.number(),
  delivered: z.number(),
  deadLetters: z.number(),
  health: z.object({ status: z.string(), sentence: z.string().nullable(), failures: z.number(), retryAt: z.number().nullable() }),
});

export type World = TestHouse & {
  put(sink: Record<string, unknown>): Promise<Response>;
  sink(id: string): Promise<z.infer<typeof sinkShape>>;
  /** Entries in the chain of a tenant. */
  happen(tenant: string | undefined, count: number, of?: Partial<EventDraft>): Promise<void>;
  /** Ids of all entries that stand in the record, by chain in their order. */
  recorded(tenant: string): Promise<string[]>;
  /** Lets time pass until every try that is due was made, `times` times. */
  deliver(times?: number): Promise<void>;
};

/** A house and what the suites of this room do with it. */
export async function sinkWorld(options: { engine?: Engine; env?: Record<string, string> } = {}): Promise<World> {
  const house = await testHouse(options);
  return {
    ...house,
    put: (sink) => house.admin('PUT', `/admin/v1/sinks/${String(sink['id'])}`, sink),
    async sink(id) {
      return sinkShape.parse(await (await house.admin('GET', `/admin/v1/sinks/${id}`)).json());
    },
    async happen(tenant, count, of = {}) {
      const drafts = Array.from({ length: count }, (_, n): EventDraft => draftOf(tenant, n, of));
      await Promise.all(drafts.map((draft) => house.house.rooms.audit.record(draft)));
    },
    async recorded(tenant) {
      const found = await rows(
        house.house.rooms.database.db,
        sql<{ id: string }>`SELECT id FROM audit_events WHERE tenant = ${tenant} ORDER BY seq`,
      );
      return found.map(({ id }) => id);
    },
    async deliver(times = 1) {
      for (let time = 0; time < times; time += 1) {
        await house.house.rooms.sinks.run();
        house.clock.advance(60_000);
      }
    },
  };
}

function draftOf(tenant: string | undefined, n: number, of: Partial<EventDraft>): EventDraft {
  return {
    tenant,
    type: 'token.issued',
    initiator: 'agent',
    actor: { client: 'worker', user: 'ann' },
    outcome: 'success',
    origin: { request: 'req_test', ip: '192.0.2.7', userAgent: 'Test/1' },
    data: { n },
    ...of,
  };
}

const message = z.object({
  type: z.string(),
  timestamp: z.string(),
  data: z.looseObject({ id: z.string(), tenant: z.string().nullable(), seq: z.number() }),
});

/** The events of webhook messages, one per message. */
export function eventsIn(received: readonly { body: string }[]): z.infer<typeof message>['data'][] {
  return received.map(({ body }) => message.parse(JSON.parse(body)).data);
}
