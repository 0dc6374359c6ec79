import type { CompiledFlow, JourneyEffect } from '@writ/flow';
import type { User } from '../users/user.ts';
import type { Dossier } from './dossier.store.ts';
import type { Journey } from './journey.ts';

/** A page that is to be shown. `dossier`: what was looked up for consent on the way to it. */
export type Showing = {
  journey: Journey;
  flow: CompiledFlow;
  effect: Extract<JourneyEffect, { kind: 'show' }>;
  dossier: Dossier | undefined;
  user: User | undefined;
  ip: string | undefined;
};
