import type { JourneyEffect, Page } from './effect.ts';
import type { NodeEvent } from './event.ts';
import type { Evaluated } from './expression.ts';
import { under, type Faults } from './faults.ts';
import { isFields, type Json } from './json.ts';
import { object, text, type Formula, type Read, type Shape, type Shapes } from './shape.ts';
import type { JourneyDenial, JourneyState } from './state.ts';

/** What can be relied on at a place of the graph because every way there went through it. */
export type Ground = 'proof' | 'tenant' | 'consent';

/** The type of an output. `secret`: seen by no expression; only `storeCredential` may take it, and no state ever holds it. */
export type OutputType = 'text' | 'number' | 'boolean' | 'texts' | 'any' | 'secret';

/** A way out of a node. One that need not be drawn has a meaning of its own when it is not: `says`. */
export type Branch = { readonly name: string; readonly required: boolean; readonly says?: string };

/** Where a node is run. `draws`: the author drew this branch. `key`: names this visit of the node within the journey. */
export type Standing<Node> = {
  readonly node: Node;
  readonly id: string;
  readonly state: JourneyState;
  readonly now: number;
  readonly key: string;
  readonly draws: (branch: string) => boolean;
  readonly evaluate: (text: string, gives: Formula['gives'], response?: Json) => Evaluated;
};

/** What a node does with an event, or on being entered. */
export type Move =
  /** Stay here: the effect is to be carried out. `state`: what has changed. */
  | { readonly kind: 'stay'; readonly state: JourneyState; readonly effect: JourneyEffect }
  /** A page; where the client wants none, the journey ends with `otherwise`. */
  | { readonly kind: 'show'; readonly state: JourneyState; readonly page: Page; readonly otherwise: JourneyDenial['error'] }
  | {
      readonly kind: 'leave';
      readonly state: JourneyState;
      readonly branch: string;
      readonly outputs?: Readonly<Record<string, Json>>;
      /** Values for the safe of the journey, by output name. */
      readonly secrets?: Readonly<Record<string, string>>;
    }
  /** Somebody else has signed in: everything begins anew for them. */
  | { readonly kind: 'restart'; readonly state: JourneyState }
  /** The person is not who they seemed; everything begins anew for nobody. */
  | { readonly kind: 'startOver' }
  | { readonly kind: 'deny'; readonly state: JourneyState; readonly denial: JourneyDenial }
  | { readonly kind: 'finish'; readonly state: JourneyState; readonly outputs: Readonly<Record<string, Json>> }
  | { readonly kind: 'misplaced' };

/**
 * Everything there is to know of one kind of node. `asks`: whom it waits for; a loop of nodes without a person in it is refused, and a flow
 * without a browser has none that ask a person. `needs`, `gives`, `loses`: what must hold before it, and
 * holds or does not hold any more after it, by branch.
 */
export type Meaning<Node> = {
  readonly kind: string;
  /** One sentence for the palette of the editor. */
  readonly says: string;
  readonly asks: 'person' | 'world' | 'nobody';
  /** Asks for a factor: must not come after consent. */
  readonly factor?: true;
  readonly shape: Shape<unknown>;
  read(faults: Faults, value: unknown, path: string): Node | undefined;
  branches(node: Node): readonly Branch[];
  outputs(node: Node): Readonly<Record<string, OutputType>>;
  needs(node: Node): readonly Ground[];
  gives(node: Node, branch: string, draws: (branch: string) => boolean): readonly Ground[];
  loses(node: Node, branch: string): readonly Ground[];
  /** The node was reached, or is looked at again: must be safe to repeat. */
  enter(at: Standing<Node>): Move;
  take(at: Standing<Node>, event: NodeEvent): Move;
};

/** A node as data: its kind, its fields, and what its author calls it. */
export type NodeOf<Kind extends string, F extends Shapes> = Read<F> & { readonly kind: Kind; readonly label?: string };

type Parts<Node> = {
  readonly says: string;
  readonly asks: Meaning<Node>['asks'];
  readonly factor?: true;
  readonly branches?: (node: Node) => readonly Branch[];
  readonly outputs?: (node: Node) => Readonly<Record<string, OutputType>>;
  readonly needs?: (node: Node) => readonly Ground[];
  readonly gives?: Meaning<Node>['gives'];
  readonly loses?: Meaning<Node>['loses'];
  readonly enter: Meaning<Node>['enter'];
  readonly take?: Meaning<Node>['take'];
  /** What its fields cannot say one by one. */
  readonly check?: (node: Node, path: string) => readonly { readonly path: string; readonly message: string }[];
};

const LABEL = text({ max: 80 });

export const NEXT: Branch = { name: 'next', required: true };

/** A kind of node: its fields once, from which reading, expressions and schema follow, and its meaning. */
export function meaning<Kind extends string, F extends Shapes>(
  kind: Kind,
  fields: F,
  parts: Parts<NodeOf<Kind, F>>,
): Meaning<NodeOf<Kind, F>> {
  const shape = object(fields);
  return {
    kind,
    shape,
    ...parts,
    read: (faults, value, path) => {
      const { label, ...rest } = isFields(value) ? value : { label: undefined };
      const name = label === undefined ? undefined : LABEL.read(faults, label, under(path, 'label'));
      const read = shape.read(faults, rest, path);
      if (read === undefined) return undefined;
      const node: NodeOf<Kind, F> = { ...read, kind, ...(name === undefined ? {} : { label: name }) };
      const wrong = parts.check?.(node, path) ?? [];
      for (const fault of wrong) faults.add(fault.path, fault.message);
      return wrong.length === 0 ? node : undefined;
    },
    branches: parts.branches ?? (() => [NEXT]),
    outputs: parts.outputs ?? (() => ({})),
    needs: parts.needs ?? (() => []),
    gives: parts.gives ?? (() => []),
    loses: parts.loses ?? (() => []),
    take: parts.take ?? (() => ({ kind: 'misplaced' })),
  };
}
