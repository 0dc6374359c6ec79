import type { z } from 'zod';
import { authorOf } from '../../base/http/admin.ts';
import { json } from '../../base/http/message.ts';
import { route, type Route } from '../../base/http/route.ts';
import type { Setting } from './setting.store.ts';

/** The two routes of one hub-wide value. `room`: whose right it takes, `admin:<room>:read|write`. */
export function settingRoutes<T extends object>(
  setting: Setting<T>,
  { path, room, schema, look, say }: { path: string; room: string; schema: z.ZodType<T>; look: string; say: string },
): Route[] {
  return [
    route({
      method: 'GET',
      path,
      access: `admin:${room}:read`,
      audit: ['admin.read'],
      summary: look,
      output: { 200: schema },
      async handle() {
        await setting.ready();
        return json(200, setting.current());
      },
    }),
    route({
      method: 'PUT',
      path,
      access: `admin:${room}:write`,
      audit: ['admin.changed'],
      summary: say,
      input: { body: schema },
      output: { 200: schema },
      async handle(call) {
        await setting.put(call.body, authorOf(call));
        return json(200, call.body);
      },
    }),
  ];
}
