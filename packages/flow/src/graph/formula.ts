import type { Formula, Shape } from './shape.ts';
import { text } from './shape.ts';

/** Longest expression, in characters. */
export const MAX_EXPRESSION = 1000;

/** A CEL expression. `response`: it reads the answer of the call that its node makes. The schema's `format` tells an editor that it is one. */
export function formula(gives: Formula['gives'], response = false): Shape<string> {
  const plain = text({ max: MAX_EXPRESSION });
  return {
    ...plain,
    schema: { ...plain.schema, format: 'cel' },
    formulas: (value, path) => (typeof value === 'string' ? [{ path, text: value, gives, response }] : []),
  };
}

/** A text with holes: `Hello {{user.name}}`. What a hole gives becomes text; there is no other logic. */
export function template(max = 2000): Shape<string> {
  const plain = text({ max });
  return {
    ...plain,
    schema: { ...plain.schema, format: 'template' },
    read: (faults, value, path) => {
      const read = plain.read(faults, value, path);
      if (read === undefined) return undefined;
      return holes(read).rest.includes('{{') ? faults.add(path, 'has a {{ without its }}') : read;
    },
    formulas: (value, path) =>
      typeof value === 'string' ? holes(value).expressions.map((one) => ({ path, text: one, gives: 'text', response: false })) : [],
  };
}

/** The expressions in a text and what is left of it without them. */
export function holes(value: string): { readonly expressions: readonly string[]; readonly rest: string } {
  const pieces = piecesOf(value);
  return {
    expressions: pieces.flatMap((piece) => (piece.kind === 'hole' ? [piece.text] : [])),
    rest: pieces.map((piece) => (piece.kind === 'words' ? piece.text : '')).join(''),
  };
}

export type Piece = { readonly kind: 'words' | 'hole'; readonly text: string };

export function piecesOf(value: string): readonly Piece[] {
  const pieces: Piece[] = [];
  let at = 0;
  for (;;) {
    const open = value.indexOf('{{', at);
    const close = open === -1 ? -1 : value.indexOf('}}', open);
    if (close === -1) return [...pieces, { kind: 'words', text: value.slice(at) }];
    pieces.push({ kind: 'words', text: value.slice(at, open) }, { kind: 'hole', text: value.slice(open + 2, close).trim() });
    at = close + 2;
  }
}
