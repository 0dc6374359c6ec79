import type { Canvas } from './draft.ts';
import { labelOf, linesIn, nameOf, type Draft } from './draft.ts';
import type { Finding } from './judge.ts';
import { waysOut } from './read.ts';
import { kindWord } from './words.ts';

/** What was gone through in a run, and where it stands: lit on the canvas. */
export type Lit = { readonly nodes: ReadonlySet<string>; readonly lines: ReadonlySet<string>; readonly at?: string };

/** What a node's face shows. Equal faces are the same value from one scene to the next, so that only what changed is drawn again. */
export type Face = {
  readonly id: string;
  readonly kind: string;
  readonly label: string;
  readonly start: boolean;
  readonly ways: readonly { readonly name: string; readonly required: boolean; readonly to: string }[];
  readonly faults: number;
  readonly warnings: number;
  readonly lit: 'no' | 'passed' | 'here';
  /** How it differs from another version that is looked at. */
  readonly mark: Mark;
  /** All of it in words. */
  readonly says: string;
};
export type Mark = '' | 'added' | 'changed';

/** `isBack`: it leads to a node that stands further left, as where a long flow goes on in the next row. */
export type SceneLine = {
  readonly id: string;
  readonly from: string;
  readonly branch: string;
  readonly to: string;
  readonly lit: boolean;
  readonly isBack: boolean;
};

const DARK: Lit = { nodes: new Set(), lines: new Set() };

export function lineId(from: string, branch: string): string {
  return `${from}.${branch}`;
}

export function facesOf(
  { draft }: Canvas,
  findings: readonly Finding[],
  before: ReadonlyMap<string, Face>,
  { lit = DARK, marks }: { lit?: Lit; marks?: ReadonlyMap<string, Mark> } = {},
): ReadonlyMap<string, Face> {
  const faces = new Map<string, Face>();
  for (const id of Object.keys(draft.nodes)) {
    const face = faceOf(draft, id, findings, lit, marks?.get(id) ?? '');
    const old = before.get(id);
    faces.set(id, old !== undefined && JSON.stringify(old) === JSON.stringify(face) ? old : face);
  }
  return faces;
}

function faceOf(draft: Draft, id: string, findings: readonly Finding[], lit: Lit, mark: Mark): Face {
  const node = draft.nodes[id];
  const kind = node?.kind ?? '';
  const own = findings.filter((one) => one.node === id);
  const warnings = own.filter(({ severity }) => severity === 'warning').length;
  const ways = (node === undefined ? [] : waysOut(node)).map(({ name, required }) => ({
    name,
    required,
    to: draft.edges[id]?.[name] ?? '',
  }));
  const face = { id, kind, label: labelOf(node), start: draft.start === id, ways, faults: own.length - warnings, warnings, mark };
  const at = lit.at === id ? 'here' : lit.nodes.has(id) ? 'passed' : 'no';
  return { ...face, lit: at, says: sayNode(draft, face) };
}

/** The node as it is read aloud: kind, name, where its branches lead, what is wrong. */
function sayNode(draft: Draft, { id, kind, label, start, ways, faults, warnings, mark }: Omit<Face, 'lit' | 'says'>): string {
  const drawn = ways.filter(({ to }) => to !== '').map(({ name, to }) => `${name} leads to ${nameOf(draft, to)}`);
  const open = ways.filter(({ to, required }) => to === '' && required).map(({ name }) => `${name} leads nowhere`);
  const differs = mark === '' ? [] : [mark === 'added' ? 'added since' : 'changed since'];
  const wrong = faults === 0 ? [] : [`${String(faults)} ${faults === 1 ? 'fault' : 'faults'}`];
  const doubtful = warnings === 0 ? [] : [`${String(warnings)} ${warnings === 1 ? 'warning' : 'warnings'}`];
  const name = label === '' ? id : `${label} (${id})`;
  return [`${kindWord(kind)} ${name}`, ...(start ? ['the start'] : []), ...drawn, ...open, ...wrong, ...doubtful, ...differs].join(', ');
}

export function sceneLines({ draft, layout }: Canvas, lit: Lit = DARK): readonly SceneLine[] {
  const leftOf = (id: string): number => layout[id]?.x ?? 0;
  return linesIn(draft)
    .filter(({ to }) => Object.hasOwn(draft.nodes, to))
    .map(({ from, branch, to }) => {
      const id = lineId(from, branch);
      return { id, from, branch, to, lit: lit.lines.has(id), isBack: leftOf(to) < leftOf(from) };
    });
}
