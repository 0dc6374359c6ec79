import { RegExpRouter } from 'hono/router/reg-exp-router';
import { SmartRouter } from 'hono/router/smart-router';
import { TrieRouter } from 'hono/router/trie-router';
import type { Route } from './route.ts';

export type Match = { route: Route; params: Record<string, string> } | { allow: string[] } | undefined;

export type Router = {
  routes: readonly Route[];
  /** The route, or which methods the path has, or undefined for an unknown path. */
  match(method: string, path: string): Match;
};

/** Exact paths by one map look-up, patterns by Hono's router. Two routes of one method and path are a bug and refuse the start. */
export function createRouter(routes: readonly Route[]): Router {
  const exact = new Map<string, Route>();
  const methodsOf = new Map<string, string[]>();
  const patterns = new SmartRouter<Route>({ routers: [new RegExpRouter(), new TrieRouter()] });
  const patternRoutes = routes.filter((route) => route.path.includes(':'));
  for (const route of routes) {
    const key = `${route.method} ${route.path}`;
    if (exact.has(key)) throw new Error(`two routes for ${key}`);
    exact.set(key, route);
    methodsOf.set(route.path, [...(methodsOf.get(route.path) ?? []), route.method]);
  }
  for (const route of patternRoutes) patterns.add(route.method, route.path, route);

  const matchPattern = (method: string, path: string): Match => {
    const [found, names] = patterns.match(method, path);
    const first = found[0];
    if (first === undefined) return undefined;
    const params: Record<string, string> = {};
    for (const [name, index] of Object.entries(first[1])) {
      const raw = typeof index === 'number' ? names?.[index] : index;
      const value = decode(raw ?? '');
      if (value === undefined) return undefined;
      params[name] = value;
    }
    return { route: first[0], params };
  };

  return {
    routes,
    match(method, path) {
      const hit = exact.get(`${method} ${path}`);
      if (hit !== undefined && !hit.path.includes(':')) return { route: hit, params: {} };
      const byPattern = patternRoutes.length === 0 ? undefined : matchPattern(method, path);
      if (byPattern !== undefined) return byPattern;
      const allow =
        methodsOf.get(path) ?? ['GET', 'POST', 'PUT', 'PATCH', 'DELETE'].filter((other) => matchPattern(other, path) !== undefined);
      return allow.length > 0 ? { allow } : undefined;
    },
  };
}

function decode(raw: string): string | undefined {
  try {
    const decoded = decodeURIComponent(raw);
    // No id holds a NUL, and Postgres answers one with an error: a path that names it leads nowhere.
    return decoded.includes('\u0000') ? undefined : decoded;
  } catch {
    return undefined;
  }
}
