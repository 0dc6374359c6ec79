import type { Json } from '@writ/flow';
import type { EventData, EventDraft } from '../../audit/event.ts';
import type { EffectOf, Standing } from '../world.ts';
import { authorOf } from './whose.ts';

/** `plan.checked` of an author is no kind of entry of the hub's: it is `data.name` of this one, so that nothing it says can be mistaken for the hub's word. */
export function flowNoted(of: EffectOf<'recordEvent'>, at: Standing): EventDraft {
  const { journey } = at;
  return {
    tenant: journey.state.facts.tenant?.id,
    type: 'flow.noted',
    ...authorOf(at),
    target: { type: 'journey', id: journey.id },
    outcome: 'success',
    txn: journey.request.txn,
    data: { name: of.name, flow: journey.flow, node: nodeOf(of.key), data: boundedData(of.data) },
  };
}

/** The node of `<node>#<turn>`. */
export function nodeOf(key: string): string {
  return key.slice(0, key.lastIndexOf('#'));
}

const MOST_MEMBERS = 20;
const MOST_TEXT = 500;

/** One author's entry must not grow the record by megabytes: 20 members, each value a number, a flag, or at most 500 characters of text. */
export function boundedData(data: Readonly<Record<string, Json>>): EventData {
  return Object.fromEntries(
    Object.entries(data)
      .slice(0, MOST_MEMBERS)
      .map(([name, value]) => [cut(name), bounded(value)]),
  );
}

function bounded(value: Json): string | number | boolean | null {
  if (value === null || typeof value === 'number' || typeof value === 'boolean') return value;
  return cut(typeof value === 'string' ? value : JSON.stringify(value));
}

function cut(text: string): string {
  return (text.length > MOST_TEXT ? `${text.slice(0, MOST_TEXT)}…` : text).toWellFormed().replaceAll('\0', '�');
}
