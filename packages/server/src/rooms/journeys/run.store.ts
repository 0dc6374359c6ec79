import { advance, type CompiledFlow, type JourneyEvent, type JourneyState } from '@writ/flow';
import { carryOut, type Resting } from './carry-out.store.ts';
import type { JourneysDeps, Visit } from './deps.store.ts';
import type { Dossier } from './dossier.store.ts';
import type { Journey } from './journey.ts';
import type { Safe } from './safe.store.ts';

/** Where a run of steps came to rest, with what was looked up on the way. `dossier` belongs to `state.claims`. */
export type Rest = { state: JourneyState; effect: Resting; dossier: Dossier | undefined; safe: Safe };

type Run = { journey: Journey; flow: CompiledFlow; visit: Visit; safe: Safe };

/**
 * Steps until a page, an end, or nothing. What the flow asks for on the way is done and answered. Nothing of it is stored before the run rests:
 * a process that dies here repeats the deeds when the page is sent again, under the same keys, by which each is done once.
 */
export async function run(deps: JourneysDeps, { journey, flow, visit, safe }: Run, first: JourneyEvent, known?: Dossier): Promise<Rest> {
  let dossier = known;
  let event = first;
  let state = journey.state;
  for (;;) {
    const next = advance(flow, state, event, deps.clock.now());
    const { effect } = next;
    if (next.state.claims !== state.claims) dossier = undefined;
    state = next.state;
    safe.put(next.secrets);
    safe.keepFor(state);
    if (effect.kind === 'show' || effect.kind === 'finish' || effect.kind === 'refuse' || effect.kind === 'misplaced')
      return { state, effect, dossier, safe };
    const done = await carryOut(deps, { journey: { ...journey, state }, flow, visit, safe }, effect);
    dossier = done.dossier ?? dossier;
    event = { ...done.answer, turn: state.turn };
  }
}
