import { advance, type CompiledFlow, type JourneyEvent, type JourneyState } from '@writ/flow';
import { carryOut, type Resting } from './carry-out.store.ts';
import type { JourneysDeps, Visit } from './deps.store.ts';
import type { Dossier } from './dossier.store.ts';
import type { Journey } from './journey.ts';
import type { Safe } from './safe.store.ts';
import { takeStep } from './store.ts';

/**
 * Where a run of steps came to rest, with what was looked up on the way. `dossier` belongs to `state.claims`. `version`: of the row that the run
 * may move. `lost`: another request took the step, and this one has done nothing.
 */
export type Rest = { state: JourneyState; effect: Resting; dossier: Dossier | undefined; safe: Safe; version: number; lost?: true };

/** For everything around a call that has a time limit of its own. */
const SLACK_MS = 5_000;

/** `stored`: the journey has a row, so others may be at work on the same step. */
type Run = { journey: Journey; flow: CompiledFlow; visit: Visit; safe: Safe; stored?: boolean };

/**
 * Steps until a page, an end, or nothing. What the flow asks for on the way is done and answered. Nothing of it is stored before the run rests:
 * a process that dies here repeats the deeds when the page is sent again, under the same keys, by which each is done once. A call to somebody
 * else's system cannot be done once by a key of ours: of requests for the same step one takes it first, and the others come to nothing.
 */
export async function run(
  deps: JourneysDeps,
  { journey, flow, visit, safe, stored = false }: Run,
  first: JourneyEvent,
  known?: Dossier,
): Promise<Rest> {
  let { version } = journey;
  let mine = false;
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
      return { state, effect, dossier, safe, version };
    if (effect.kind === 'callHttp' && stored) {
      const now = deps.clock.now();
      const took = await takeStep(
        deps.database.db,
        { id: journey.id, version },
        { now, until: now + effect.call.timeout + SLACK_MS, mine },
      );
      if (!took) return { state: journey.state, effect: { kind: 'misplaced' }, dossier: undefined, safe, version, lost: true };
      mine = true;
      version += 1;
    }
    const done = await carryOut(deps, { journey: { ...journey, state }, flow, visit, safe }, effect);
    dossier = done.dossier ?? dossier;
    event = { ...done.answer, turn: state.turn };
  }
}
