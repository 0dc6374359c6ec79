import type { AuthorizeDeps } from './deps.ts';
import type { Surroundings } from './pieces.ts';

/** What the checks may look at besides the request, as it is now. */
export function aroundOf({ catalogue, protection }: AuthorizeDeps, pushing: boolean): Surroundings {
  const { par, requestObjects } = protection.current();
  return { resources: catalogue, parRequired: par.required, signatureRequired: requestObjects.required, pushing };
}
