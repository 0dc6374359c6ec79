import type { Resource } from '@writ/sdk';
import type { Agent } from '@writ/sdk-agent';
import type { CallerEnv } from '@writ/sdk-hono';
import { authenticate, metadata, requireScope } from '@writ/sdk-hono';
import { Hono } from 'hono';
import { nextHop } from './next-hop.ts';

/** The second hop: an internal API that knows the entry, and asks the archive for the receipt. */
export function buildLedger(resource: Resource, agent: Agent, archive: string): Hono<CallerEnv> {
  const app = new Hono<CallerEnv>();
  app.use(metadata(resource));
  app.get('/ledger/last', authenticate(resource), requireScope(resource, 'entries:read'), async (c) => {
    const subjectToken = c.req.header('authorization')?.split(' ').at(-1) ?? '';
    const hop = await nextHop(agent, { subjectToken, resource: archive, scope: 'receipts:read', path: '/receipts/17' });
    return hop.ok ? c.json({ entry: { amount: 42, currency: 'EUR' }, receipt: hop.value }) : c.json({ error: hop.why }, 502);
  });
  return app;
}
