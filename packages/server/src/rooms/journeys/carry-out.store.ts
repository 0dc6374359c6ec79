import type { CompiledFlow, FromWorld, JourneyEffect } from '@writ/flow';
import { judgeConsent } from './consent.store.ts';
import type { JourneysDeps, Visit } from './deps.store.ts';
import type { Dossier } from './dossier.store.ts';
import { findUser } from '../users/store.ts';
import type { Journey } from './journey.ts';
import type { Safe } from './safe.store.ts';
import { findTenants } from './tenants.store.ts';
import type { Standing } from './world.ts';

/** What ends a run of steps: a page, an end, or nothing. */
export type Resting = Extract<JourneyEffect, { kind: 'show' | 'finish' | 'refuse' | 'misplaced' }>;
export type Deed = Exclude<JourneyEffect, Resting>;
/** Where a deed is done; `journey.state` is the newest. */
export type Place = { journey: Journey; flow: CompiledFlow; visit: Visit; safe: Safe };
/** `dossier`: what was looked up for consent, for whoever shows it. */
export type Done = { answer: FromWorld; dossier?: Dossier };

/** Does what the flow asks for, and says what came of it. A deed that the hub does not know yet does not compile. */
export async function carryOut(deps: JourneysDeps, place: Place, effect: Deed): Promise<Done> {
  const { world } = deps;
  switch (effect.kind) {
    case 'findTenants':
      return { answer: await findTenants(deps, effect, place.journey) };
    case 'judgeConsent':
      return judgeConsent(deps, place, effect);
    case 'findFactors':
      return { answer: { kind: 'factorsFound', methods: await factorsOf(deps, effect.userId) } };
    case 'callHttp':
      return { answer: await world.callHttp(effect, standing(deps, place)) };
    case 'findConnection':
      return { answer: await world.findConnection(effect, standing(deps, place)) };
    case 'storeCredential':
      return { answer: await world.storeCredential(effect, standing(deps, place)) };
    case 'requestApproval':
      return { answer: await world.requestApproval(effect, standing(deps, place)) };
    case 'updateUser':
      return { answer: await world.updateUser(effect, standing(deps, place)) };
    case 'recordEvent':
      return { answer: await world.recordEvent(effect, standing(deps, place)) };
    case 'judgeTenantConsent':
      return { answer: await world.judgeTenantConsent(effect, standing(deps, place)) };
  }
}

export function standing({ clock }: Pick<JourneysDeps, 'clock'>, { journey, visit, safe }: Omit<Place, 'flow'>): Standing {
  return {
    journey,
    origin: visit.origin,
    user: visit.held?.user,
    now: clock.now(),
    secret: (name) => Promise.resolve(safe.get(name)),
    forget: (name) => Promise.resolve(safe.drop(name)),
  };
}

/** What somebody has set up, in the words of flows. */
async function factorsOf(deps: JourneysDeps, userId: string): Promise<readonly string[]> {
  const [{ totp, passkeys, recovery = 0 }, user] = await Promise.all([deps.factors.of(userId), findUser(deps.db, userId)]);
  return [
    ...(totp === undefined ? [] : ['totp']),
    ...(passkeys.length === 0 ? [] : ['passkey']),
    ...(recovery === 0 ? [] : ['recovery_codes']),
    ...(user?.passwordHash === undefined ? [] : ['password']),
  ];
}
