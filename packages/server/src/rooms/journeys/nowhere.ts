import type { WaysOut, World } from './world.ts';

const failed = () => Promise.resolve({ kind: 'failed', reason: 'not_wired' } as const);

/** A world in which nothing can be done: what a flow asks for goes by its branch `failed`, or by the one that means no. */
export const nowhere: World = {
  callHttp: failed,
  storeCredential: failed,
  requestApproval: failed,
  updateUser: failed,
  recordEvent: failed,
  findConnection: () => Promise.resolve({ kind: 'connectionFound', connected: false }),
  judgeTenantConsent: () => Promise.resolve({ kind: 'tenantConsentJudged', verdict: 'not_admin' }),
};

/** Nobody else vouches for people here. */
export const noWaysOut: WaysOut = { offered: () => [], begin: () => Promise.resolve({ notice: 'busy' }) };
