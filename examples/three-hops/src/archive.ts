import type { Resource } from '@writ/sdk';
import type { CallerEnv } from '@writ/sdk-hono';
import { authenticate, metadata, requireScope } from '@writ/sdk-hono';
import { Hono } from 'hono';

/** The third hop: an internal API at the end of the chain. It sees who is behind the call, whoever carried it here. */
export function buildArchive(resource: Resource): Hono<CallerEnv> {
  const app = new Hono<CallerEnv>();
  app.use(metadata(resource));
  app.get('/archive/receipts/:id', authenticate(resource), requireScope(resource, 'receipts:read'), (c) => {
    const { chain, txn } = c.get('caller');
    return c.json({ receipt: c.req.param('id'), text: 'Lunch with Globex', through: chain.map(({ id }) => id), txn });
  });
  return app;
}
