import { FLOW_TEMPLATES, parseFlow, type FlowGraph } from '@writ/flow';
import { describe, expect, test } from 'vitest';
import { draftOf } from './draft.ts';
import { judge } from './judge.ts';
import { lineOf, linesByPath } from './json-lines.ts';
import { matching, nameAtCaret, namesOffered, typeWord, withName } from './names.ts';
import { outOf, reached, walk } from './walk.ts';

function graph(id: string): FlowGraph {
  const parsed = parseFlow(FLOW_TEMPLATES.find((one) => one.id === id)?.flow);
  if (!parsed.ok) throw new Error(JSON.stringify(parsed.faults));
  return parsed.graph;
}

const WAYS = graph('plan-gating');
const afterCall = WAYS.edges['plan']?.['next'] ?? '';

describe('names that are offered for an expression', () => {
  test('are what earlier nodes gave, with their types, before what is known of the parties', () => {
    const names = namesOffered(WAYS, afterCall, false);
    expect(names[0]?.path).toMatch(/^steps\./);
    expect(names.map(({ path }) => path)).toEqual(expect.arrayContaining(['steps.plan.status', 'request.risk', 'user.email', 'now']));
    expect(names.find(({ path }) => path === 'user.roles')).toEqual({ path: 'user.roles', type: 'list<string>', maybe: false });
    expect(typeWord('list<string>')).toBe('texts');
  });

  test('are none of nodes that come later', () => {
    const names = namesOffered(WAYS, WAYS.start, false).map(({ path }) => path);
    expect(names.filter((path) => path.startsWith('steps.'))).toEqual([]);
  });

  test('say which of them some way does not give', () => {
    expect(namesOffered(WAYS, WAYS.start, false).find(({ path }) => path === 'user.email')?.maybe).toBe(true);
    const risk = graph('step-up-on-risk');
    const branched: FlowGraph = { ...risk, edges: { ...risk.edges, identify: { next: 'tenant' } } };
    expect(namesOffered(branched, 'consent', false).find(({ path }) => path === 'user.email')?.maybe).toBe(true);
  });

  test('have the answer of a call in its outputs alone', () => {
    expect(
      namesOffered(WAYS, 'plan', true)
        .slice(0, 3)
        .map(({ path }) => path),
    ).toEqual(['response.status', 'response.headers', 'response.body']);
    expect(namesOffered(WAYS, 'plan', false).some(({ path }) => path.startsWith('response'))).toBe(false);
  });

  test('every name that is offered can be read there', () => {
    const ask = (expression: string) => {
      const draft = draftOf(WAYS);
      const nodes = { ...draft.nodes, probe: { kind: 'setClaims', fields: { claims: { probe: expression } } } };
      const edges = { ...draft.edges, plan: { ...draft.edges['plan'], next: 'probe' }, probe: { next: afterCall } };
      return judge({ ...draft, nodes, edges }, () => undefined).findings.filter(
        ({ node, code }) => node === 'probe' && code === 'bad_expression',
      );
    };
    const names = namesOffered(WAYS, afterCall, false);
    expect(names.length).toBeGreaterThan(30);
    for (const { path } of names) expect([path, ask(path)]).toEqual([path, []]);
    expect(ask('user.shoeSize')).toHaveLength(1);
  });

  test('what is typed narrows them, and what is chosen takes its place', () => {
    const names = namesOffered(WAYS, afterCall, false);
    expect(matching(names, 'request.ri').map(({ path }) => path)).toEqual(['request.risk', 'request.risks']);
    expect(matching(names, 'emaildomain').map(({ path }) => path)).toEqual(['user.emailDomain']);
    expect(withName('user.em == "x"', 7, 'user.email', false)).toEqual({ text: 'user.email == "x"', caret: 10 });
  });

  test('in a text a name comes into a hole', () => {
    expect(nameAtCaret('Hello use', 9, true)).toBeUndefined();
    expect(nameAtCaret('Hello {{use', 11, true)).toEqual({ from: 8, written: 'use' });
    expect(withName('Hello ', 6, 'user.name', true)).toEqual({ text: 'Hello {{user.name}}', caret: 19 });
    expect(withName('Hello {{use}}', 11, 'user.name', true)).toEqual({ text: 'Hello {{user.name}}', caret: 17 });
  });

  test('nothing is offered inside quotes', () => {
    expect(nameAtCaret('user.email == "us', 17, false)).toBeUndefined();
  });
});

describe('moving the focus', () => {
  const draft = draftOf(graph('step-up-on-risk'));

  test('follows the lines there and back', () => {
    expect(walk(draft, 'identify', 'onward')).toBe('signIn');
    expect(walk(draft, 'signIn', 'back')).toBe('identify');
    expect(walk(draft, 'done', 'onward')).toBe('done');
    expect(walk(draft, 'risk', 'first')).toBe('identify');
  });

  test('goes up and down among the branches of one node', () => {
    expect(outOf(draft, 'risk')).toEqual(['second', 'consent']);
    expect(walk(draft, 'second', 'below')).toBe('consent');
    expect(walk(draft, 'second', 'above')).toBe('consent');
  });

  test('by onward and below every node can be reached', () => {
    expect(reached(draft).toSorted()).toEqual(Object.keys(draft.nodes).toSorted());
    const seen = new Set<string>(['identify']);
    for (const id of seen) for (const step of ['onward', 'below', 'above'] as const) seen.add(walk(draft, id, step));
    expect([...seen].toSorted()).toEqual(Object.keys(draft.nodes).toSorted());
  });
});

describe('the line of a fault in the text', () => {
  const text = '{\n  "id": "x",\n  "nodes": [\n    { "id": "a" },\n    {\n      "kind": "http",\n      "url": "y"\n    }\n  ]\n}\n';

  test('is that of its path, or of what holds it', () => {
    const lines = linesByPath(text);
    expect(lineOf(lines, 'nodes[1].url')).toBe(7);
    expect(lineOf(lines, 'nodes[0].kind')).toBe(4);
    expect(lineOf(lines, 'edges[3]')).toBe(1);
  });

  test('is known also where the text ends too early', () => {
    expect(lineOf(linesByPath(text.slice(0, 90)), 'nodes[1].kind')).toBe(6);
  });
});
