import { json, text } from '../../base/http/message.ts';
import { route, type Route } from '../../base/http/route.ts';

export type HealthDeps = {
  /** Resolves when the database answers; rejects when it does not. */
  ping(): Promise<unknown>;
  /** False while the house drains: a load balancer should look elsewhere. */
  accepting(): boolean;
  metrics(): Promise<string>;
};

const NO_EVENT = { none: 'asks after the process, not after data' } as const;

const ICON = `<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 32 32"><rect width="32" height="32" rx="7" fill="#24406b"/><text x="16" y="23" font-family="Palatino,Georgia,serif" font-style="italic" font-size="20" fill="#fffefb" text-anchor="middle">W</text></svg>`;

/** `/live`: the process runs. `/ready`: it can do work. `/metrics`: Prometheus text. */
export function healthRoutes(deps: HealthDeps): Route[] {
  return [
    route({
      method: 'GET',
      path: '/live',
      access: 'public',
      audit: NO_EVENT,
      summary: 'Is the process alive',
      handle: () => json(200, { live: true }),
    }),
    route({
      method: 'GET',
      path: '/ready',
      access: 'public',
      audit: NO_EVENT,
      summary: 'Can the hub work: database reachable, not draining',
      async handle() {
        if (!deps.accepting()) return json(503, { ready: false, reason: 'draining' }, { 'retry-after': '5' });
        const answered = await deps.ping().then(
          () => true,
          () => false,
        );
        return answered ? json(200, { ready: true }) : json(503, { ready: false, reason: 'database' }, { 'retry-after': '2' });
      },
    }),
    route({
      method: 'GET',
      path: '/favicon.svg',
      access: 'public',
      audit: NO_EVENT,
      summary: 'The mark in the browser tab',
      handle: () => ({ status: 200, headers: { 'content-type': 'image/svg+xml', 'cache-control': 'public, max-age=86400' }, body: ICON }),
    }),
    route({
      method: 'GET',
      path: '/metrics',
      access: 'public',
      audit: NO_EVENT,
      summary: 'Prometheus metrics',
      handle: async () => text(200, await deps.metrics(), { 'content-type': 'text/plain; version=0.0.4; charset=utf-8' }),
    }),
  ];
}
