import type { Resource } from '@writ/sdk';
import type { CallerEnv } from '@writ/sdk-hono';
import { authenticate, metadata, requireScope } from '@writ/sdk-hono';
import { Hono } from 'hono';

/** An API with one reading and one writing route. */
export function buildApp(resource: Resource): Hono<CallerEnv> {
  const reports = ['Q1', 'Q2'];
  const app = new Hono<CallerEnv>();
  app.use(metadata(resource));
  app.use('/reports', authenticate(resource));
  app.get('/reports', requireScope(resource, 'reports:read'), (c) => c.json({ reports, readBy: c.get('caller').subject }));
  app.post('/reports', requireScope(resource, 'reports:write'), async (c) => {
    reports.push((await c.req.text()).slice(0, 100));
    return c.json({ reports }, 201);
  });
  return app;
}
