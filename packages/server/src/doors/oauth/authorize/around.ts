import type { AuthorizeDeps } from './deps.ts';
import type { Surroundings } from './pieces.ts';

/** What the checks may look at besides the request, as it is now. */
export function aroundOf({ catalogue, protection }: AuthorizeDeps, pushing: boolean): Surroundings {
  return { resources: catalogue, parRequired: protection.current().par.required, pushing };
}
