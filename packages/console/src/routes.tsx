import { createRootRoute, createRoute, createRouter, lazyRouteComponent, type AnyRouter } from '@tanstack/react-router';
import { Shell } from './kit/shell.tsx';

const root = createRootRoute({ component: Shell });

const flows = createRoute({
  getParentRoute: () => root,
  path: '/flows',
  component: lazyRouteComponent(() => import('./flows/pages.tsx'), 'FlowsPage'),
});
const flow = createRoute({
  getParentRoute: () => root,
  path: '/flows/$id',
  component: lazyRouteComponent(() => import('./flows/pages.tsx'), 'FlowPage'),
});

/** Search parameters are filters: plain words in the address, never JSON. */
function parseSearch(search: string): Record<string, string> {
  return Object.fromEntries(new URLSearchParams(search));
}

function stringifySearch(search: Record<string, unknown>): string {
  const pairs = Object.entries(search).filter(([, value]) => value !== undefined && value !== '');
  const text = new URLSearchParams(pairs.map(([name, value]) => [name, String(value)])).toString();
  return text === '' ? '' : `?${text}`;
}

export function createConsoleRouter(): AnyRouter {
  return createRouter({
    routeTree: root.addChildren([flows, flow]),
    basepath: '/console',
    parseSearch,
    stringifySearch,
    defaultPreload: 'intent',
  });
}
