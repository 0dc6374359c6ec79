import { standing } from './carry-out.store.ts';
import type { JourneysDeps, Visit } from './deps.store.ts';
import type { Journey } from './journey.ts';
import type { Safe } from './safe.store.ts';
import type { View } from './view.ts';
import type { WaysOut } from './world.ts';

const OUTSIDE: ReadonlySet<string> = new Set(['oidc', 'sso', 'external']);

/**
 * Where a page of signing in would hold one button and nothing else, the browser goes there at once: whom a tenant lets in by its own provider only
 * has nothing to choose. Not when there is something to read: who comes back in vain would be sent round in a circle.
 */
export async function straightOut(
  deps: JourneysDeps,
  { journey, visit, safe, view }: { journey: Journey; visit: Visit; safe: Safe; view: View },
): Promise<Awaited<ReturnType<WaysOut['begin']>> | undefined> {
  if (view.screen !== 'sign_in') return undefined;
  // The tenant demands its own sign-in, whatever else the page could offer.
  const demanded = view.notice === 'sso_wanted';
  if (!demanded && (view.notice !== undefined || !view.ways.every((way) => OUTSIDE.has(way)))) return undefined;
  const [only, ...others] = demanded ? view.waysOut.filter(({ way }) => way.startsWith('sso:')) : view.waysOut;
  if (only === undefined || others.length > 0 || only.way === 'sso:') return undefined;
  return deps.waysOut.begin(only.way, standing(deps, { journey, visit, safe }));
}
