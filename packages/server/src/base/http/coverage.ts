import type { Route } from './route.ts';

/**
 * The route table as two committed lists: who may call each route, and which events it writes. A review sees a route that opened or that
 * writes nothing; the test that compares them fails when the table shrinks.
 */
export function routeCoverage(routes: readonly Route[]): { access: string; audit: string } {
  const sorted = routes.toSorted((a, b) => (keyOf(a) < keyOf(b) ? -1 : 1));
  const width = Math.max(0, ...sorted.map((route) => keyOf(route).length));
  const lines = (say: (route: Route) => string): string => sorted.map((route) => `${keyOf(route).padEnd(width)}  ${say(route)}\n`).join('');
  return {
    access: lines((route) => route.access),
    audit: lines(({ audit }) => ('none' in audit ? `none: ${audit.none}` : audit.join(' '))),
  };
}

function keyOf({ method, path }: Route): string {
  return `${path} ${method}`;
}
