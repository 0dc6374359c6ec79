import { z } from 'zod';
import { authorOf } from '../../base/http/admin.ts';
import { json, problem } from '../../base/http/message.ts';
import { route, type Route } from '../../base/http/route.ts';
import type { KeyRotation, KeyStatus } from './rotate.store.ts';

const rotationView = z.object({ id: z.string(), dataKeys: z.boolean(), startedAt: z.number(), finishedAt: z.number().nullable() });

/** Where the keys stand. No key is part of it. Times in milliseconds since the epoch. */
const statusView = z
  .object({
    kek: z.string().describe('Which KEK wraps: local and a fingerprint, or the address of the key'),
    dataKeys: z.object({ total: z.number(), otherKek: z.number().describe('Still wrapped by another KEK') }),
    secrets: z.object({ total: z.number(), retiredKey: z.number().describe('Still sealed under a retired data key') }),
    rotation: rotationView.nullable().describe('The last one'),
  })
  .meta({ id: 'KeyStatus' });

function present({ rotation, ...status }: KeyStatus): z.infer<typeof statusView> {
  return { ...status, rotation: rotation ?? null };
}

const rotateBody = z.strictObject({ dataKeys: z.boolean().default(false) }).default({ dataKeys: false });

export function rotationRoutes({ rotation }: { rotation: KeyRotation }): Route[] {
  return [
    route({
      method: 'GET',
      path: '/admin/v1/kek',
      access: 'admin:keys:read',
      audit: ['admin.read'],
      summary: 'Which KEK wraps the data keys, and what is still under an older key',
      output: { 200: statusView },
      handle: async () => json(200, present(await rotation.status())),
    }),
    route({
      method: 'POST',
      path: '/admin/v1/kek/rotate',
      access: 'admin:keys:write',
      audit: ['key.rotated'],
      summary:
        'Wrap every data key anew by the current KEK; with `dataKeys` also seal the whole vault under new ones. Goes on in the background',
      input: { body: rotateBody },
      output: { 202: statusView, 409: 'A rotation of the KEK alone is under way' },
      async handle(call) {
        const begun = await rotation.begin(call.body, authorOf(call));
        if (!begun.ok)
          return problem({
            status: 409,
            type: 'rotation_running',
            title: 'A rotation is under way',
            detail: 'It wraps the data keys anew and does not make new ones. Repeat this when it has ended.',
          });
        rotation.kick();
        return json(202, present(await rotation.status()));
      },
    }),
  ];
}
