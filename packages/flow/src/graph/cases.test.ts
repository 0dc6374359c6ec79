import { readdirSync, readFileSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import type { Ask } from './ask.ts';
import { BUILT_IN_FLOWS } from './built-in.ts';
import { checkExpression, environment } from './expression.ts';
import type { Facts } from './facts.ts';
import { newFaults } from './faults.ts';
import { isFields } from './json.ts';
import { GRAPH_KINDS } from './kinds.ts';
import { lintFlow } from './lint.ts';
import { parseFlow } from './parse.ts';
import { compiled, fresh, FACTS, graphOf, named, play, ANN, type Happening } from './play.suite.ts';
import { FLOW_TEMPLATES } from './templates/all.ts';

type Expected = { effect: object; state?: object; secrets?: object };
type Play = { name: string; flow: unknown; ask?: Partial<Ask>; facts?: Partial<Facts>; events: (Happening & { expect: Expected })[] };
type Reading = { name: string; node: object; reads?: object; faults?: string[] };
type KindCases = { kind: string; readings: Reading[]; plays: Play[] };

const folder = new URL('./cases/', import.meta.url);
const textOf = (file: string): string => readFileSync(new URL(file, folder), 'utf8');
const kindCases = (file: string): KindCases => JSON.parse(textOf(file));
const documents = new Map<unknown, unknown>(
  [...BUILT_IN_FLOWS, ...FLOW_TEMPLATES.map(({ flow }) => flow)].map((flow) => [flow['id'], flow]),
);

function checkPlay({ flow, ask, facts, events }: Play): void {
  const compiledFlow = compiled(documents.get(flow) ?? flow);
  const steps = play(
    compiledFlow,
    fresh(compiledFlow, ask, facts),
    events.map(({ expect: _expect, ...event }) => event),
  );
  steps.forEach((step, at) => {
    const { effect, state, secrets } = named(events[at]?.expect ?? { effect: {} });
    const which = `event ${String(at + 1)} (${events[at]?.kind ?? ''})`;
    expect(step.effect, which).toMatchObject(effect);
    if (state !== undefined) expect(step.state, which).toMatchObject(state);
    expect(step.secrets, which).toEqual(secrets ?? {});
  });
}

const files = readdirSync(folder).filter((file) => !['templates.json', 'expressions.json', 'lints.json', 'flows.json'].includes(file));

describe('the kinds of node', () => {
  it('have their cases, each in a file of its own', () => {
    const known = files.map((file) => kindCases(file).kind);
    expect(known.toSorted()).toEqual([...GRAPH_KINDS.keys()].toSorted());
  });

  it('can be asked for nothing that is not theirs', () => {
    for (const meaning of GRAPH_KINDS.values()) {
      const faults = newFaults();
      meaning.read(faults, { nonsense: true }, 'node');
      expect(faults.list.map(({ path }) => path)).toContain('node.nonsense');
    }
  });
});

describe.each(files)('%s', (file) => {
  const { kind, readings, plays } = kindCases(file);

  it.each(readings)('reads: $name', ({ node, reads, faults: expected = [] }) => {
    const faults = newFaults();
    const found = GRAPH_KINDS.get(kind)?.read(faults, node, '');
    expect(faults.list.map(({ path, message }) => `${path}: ${message}`)).toEqual(expected.map((one) => expect.stringContaining(one)));
    if (reads !== undefined) expect(found).toEqual({ kind, ...reads });
  });

  it.each(plays)('$name', checkPlay);
});

describe('templates and the built-in flow, walked as people would', () => {
  const walks: Play[] = JSON.parse(textOf('templates.json'));
  it.each(walks)('$flow: $name', checkPlay);

  it('leaves no template out', () => {
    const walked = new Set(walks.map(({ flow }) => flow));
    for (const { id } of FLOW_TEMPLATES) expect(walked).toContain(id);
    expect(walked).toContain('authorize');
  });
});

describe('expressions', () => {
  type Case = { text: string; gives?: 'boolean' | 'text' | 'any'; value?: unknown; refused?: string; fails?: string };
  const where = environment({
    user: { id: 'string', roles: 'list<string>', attributes: 'map<string, dyn>' },
    request: { scopes: 'list<string>', risks: 'map<string, string>' },
    steps: { call: { status: 'dyn', body: 'dyn' }, never: { said: 'string' } },
    now: 'int',
  });
  const context = {
    user: { id: ANN.id, roles: ['SRE', 'staff'], attributes: { level: 3, ratio: 0.5, tags: ['a', 'b'], none: null } },
    request: FACTS.request,
    steps: { call: { status: 200, body: { items: [{ n: 1 }, { n: 2 }] } }, never: {} },
    now: 1_800_000_000,
  };

  const expressions: Case[] = JSON.parse(textOf('expressions.json'));
  it.each(expressions)('$text', ({ text, gives = 'any', value, refused, fails }) => {
    const checked = checkExpression(where, text, gives);
    if (refused !== undefined) {
      expect(checked).toEqual({ ok: false, message: expect.stringContaining(refused) });
      return;
    }
    if (!checked.ok) throw new Error(checked.message);
    const given = checked.expression.run(context);
    expect(given).toEqual(fails === undefined ? { ok: true, value } : { ok: false, reason: expect.stringContaining(fails) });
  });
});

describe('lints', () => {
  const linted: { name: string; flow: object; lints: string[] }[] = JSON.parse(textOf('lints.json'));
  it.each(linted)('$name', ({ flow, lints }) => {
    const found = lintFlow(graphOf(flow)).map(({ code, node, path }) => [code, node, path].filter((part) => part !== undefined).join(' '));
    expect(found.toSorted()).toEqual(lints.toSorted());
  });
});

describe('flows that cannot be read', () => {
  const faulty: { name: string; flow: unknown; faults: string[] }[] = JSON.parse(textOf('flows.json'));
  it.each(faulty)('$name', ({ flow, faults }) => {
    const parsed = parseFlow(flow);
    const found = parsed.ok ? [] : parsed.faults.map(({ path, message }) => `${path}: ${message}`);
    expect(found).toEqual(faults.map((one) => expect.stringContaining(one)));
  });

  it('never throws, whatever it is given', () => {
    const odd: unknown[] = [undefined, null, 0, '', [], {}, { nodes: [[]] }, { nodes: [{ id: {}, kind: [] }], edges: [{ from: [] }] }];
    for (const input of odd) expect(isFields(parseFlow(input)) && parseFlow(input).ok).toBe(false);
  });
});
