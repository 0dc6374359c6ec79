import type { Route } from '../../base/http/route.ts';
import { retentionSchema, type Retention } from './retention.ts';
import { settingRoutes } from './setting.http.ts';
import type { Setting } from './setting.store.ts';

/** How long the record is kept, hub-wide. */
export function retentionRoutes({ retention }: { retention: Setting<Retention> }): Route[] {
  return settingRoutes(retention, {
    path: '/admin/v1/settings/retention',
    room: 'events',
    schema: retentionSchema,
    look: 'How long the audit trail is kept',
    say: 'Keep so many whole months of the audit trail after the one an entry was written in; without months, for ever',
  });
}
