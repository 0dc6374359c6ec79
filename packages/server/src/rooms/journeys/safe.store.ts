import { z } from 'zod';
import type { SecretBox } from '../../base/secretbox.ts';
import type { JourneyState } from '@writ/flow';

/**
 * What calls of a journey brought for its later nodes (a key that was just made for the person), by `<node>.<output>`. It never stands in the
 * state: the row keeps it sealed, bound to the journey, and drops it at the end.
 */
export type Safe = {
  get(name: string): string | undefined;
  put(values: Readonly<Record<string, string>>): void;
  drop(name: string): void;
  /** Whoever starts over takes nothing along: values of nodes that this journey has not passed are dropped. */
  keepFor(state: Pick<JourneyState, 'outputs'>): void;
  /** For the row; undefined: nothing is kept. */
  sealed(): string | undefined;
};

const values = z.record(z.string(), z.string());

export function openSafe(box: SecretBox, of: { id: string; secrets?: string | undefined }): Safe {
  const context = `journey\n${of.id}`;
  // Opened when first asked for: most journeys have none, and few steps need it.
  let opened: Map<string, string> | undefined;
  let touched = false;
  const held = (): Map<string, string> => {
    opened ??= new Map(
      of.secrets === undefined
        ? []
        : Object.entries(values.parse(JSON.parse(box.open(Buffer.from(of.secrets, 'base64'), context).toString()))),
    );
    return opened;
  };
  const remove = (name: string): void => {
    if (held().delete(name)) touched = true;
  };
  return {
    get: (name) => held().get(name),
    put(brought) {
      for (const [name, value] of Object.entries(brought)) {
        held().set(name, value);
        touched = true;
      }
    },
    drop: remove,
    keepFor({ outputs }) {
      if (of.secrets === undefined && !touched) return;
      for (const name of held().keys()) if (!Object.hasOwn(outputs, name.slice(0, name.lastIndexOf('.')))) remove(name);
    },
    sealed() {
      if (!touched) return of.secrets;
      if (held().size === 0) return undefined;
      return box.seal(JSON.stringify(Object.fromEntries(held())), context).toString('base64');
    },
  };
}
