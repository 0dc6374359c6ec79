import { exportFlow, FLOW_TEMPLATES, parseFlow } from '@writ/flow';
import { describe, expect, test } from 'vitest';
import { arranged, NODE_WIDTH } from './arrange.ts';
import { documentOf, draftOf, emptyDraft, linesIn, wordIn, type Draft } from './draft.ts';
import { edit, opened, type Act, type Editing } from './history.ts';
import { judge, mayBePublished } from './judge.ts';
import { pathOf, valueAt, withValue } from './place.ts';
import { readDraft, waysOut } from './read.ts';

const none = (): undefined => undefined;

function template(id: string): Draft {
  const found = FLOW_TEMPLATES.find((one) => one.id === id);
  const parsed = parseFlow(found?.flow);
  if (!parsed.ok) throw new Error(JSON.stringify(parsed.faults));
  return draftOf(parsed.graph);
}

function editing(draft: Draft): Editing {
  return opened({ draft, layout: arranged(draft) });
}

function all(state: Editing, ...acts: readonly Act[]): Editing {
  return acts.reduce(edit, state);
}

const lines = (state: Editing): readonly string[] => linesIn(state.now.draft).map(({ from, branch, to }) => `${from}.${branch}>${to}`);

describe('a draft', () => {
  test.each(FLOW_TEMPLATES.map(({ id }) => id))('of the template %s is the same flow again', (id) => {
    const draft = template(id);
    const { graph } = readDraft(draft);
    const before = parseFlow(FLOW_TEMPLATES.find((one) => one.id === id)?.flow);
    if (!before.ok || graph === undefined) throw new Error('unread');
    expect(exportFlow(graph)).toBe(exportFlow(before.graph));
  });

  test('with a node that is not filled in says what is missing where, and the rest is judged all the same', () => {
    const state = all(editing(template('step-up-on-risk')), { kind: 'add', node: 'http', after: { from: 'tenant', branch: 'next' } });
    const { graph, findings } = judge(state.now.draft, none);
    expect(graph).toBeUndefined();
    expect(findings.map(({ severity, node, path }) => [severity, node, path])).toEqual([
      ['fault', 'http', 'url'],
      ['error', 'http', 'failed'],
    ]);
  });

  test('keeps the branches of a node that cannot be read', () => {
    const state = all(editing(template('step-up-on-risk')), {
      kind: 'field',
      node: 'risk',
      place: ['branches', 0, 'when'],
      value: undefined,
    });
    const { risk } = state.now.draft.nodes;
    expect(risk === undefined ? [] : waysOut(risk).map(({ name }) => name)).toEqual(['high', 'otherwise', 'failed']);
    expect(lines(state)).toContain('risk.high>second');
    expect(judge(state.now.draft, none).findings).toMatchObject([{ severity: 'fault', node: 'risk', path: 'branches[0].when' }]);
  });
});

test('a flow without a node has one fault, and no other is guessed', () => {
  expect(judge(emptyDraft('mine', 'authorize'), none).findings.map(({ message }) => message)).toEqual(['has no node yet']);
});

describe('drawing', () => {
  test('from nothing, by acts alone, comes to the flow of the template, fit to be published', () => {
    const place = (...path: (string | number)[]) => path;
    const state = all(
      editing(emptyDraft('mine', 'authorize')),
      { kind: 'add', node: 'identify' },
      { kind: 'add', node: 'authenticate', after: { from: 'identify', branch: 'next' } },
      { kind: 'add', node: 'selectTenant', after: { from: 'authenticate', branch: 'next' } },
      { kind: 'add', node: 'condition', after: { from: 'selectTenant', branch: 'next' } },
      { kind: 'field', node: 'condition', place: place('branches', 0, 'name'), value: 'high' },
      { kind: 'field', node: 'condition', place: place('branches', 0, 'when'), value: 'request.risk == "high"' },
      { kind: 'add', node: 'stepUp', after: { from: 'condition', branch: 'high' } },
      { kind: 'add', node: 'consent', after: { from: 'stepUp', branch: 'next' } },
      { kind: 'connect', from: 'condition', branch: 'otherwise', to: 'consent' },
      { kind: 'add', node: 'complete', after: { from: 'consent', branch: 'next' } },
    );
    const judged = judge(state.now.draft, none);
    expect(judged.findings).toEqual([]);
    expect(mayBePublished(judged, [])).toBe(true);
    const missing = { code: 'unknown_secret', message: 'there is no secret plan-api for calls of flows', path: '' };
    expect(mayBePublished(judged, [{ ...missing, severity: 'warning' }])).toBe(true);
    expect(mayBePublished(judged, [{ ...missing, severity: 'error' }])).toBe(false);
    expect(lines(state)).toEqual([
      'identify.next>authenticate',
      'authenticate.next>selectTenant',
      'selectTenant.next>condition',
      'condition.high>stepUp',
      'condition.otherwise>consent',
      'stepUp.next>consent',
      'consent.next>complete',
    ]);
  });

  test('a node put on a way takes over what followed there', () => {
    const state = all(editing(template('step-up-on-risk')), { kind: 'add', node: 'event', after: { from: 'consent', branch: 'next' } });
    expect(lines(state)).toEqual(expect.arrayContaining(['consent.next>event', 'event.next>done']));
    expect(state.selected).toEqual(['event']);
  });

  test('a node that ends the flow takes over nothing', () => {
    const state = all(editing(template('step-up-on-risk')), { kind: 'add', node: 'deny', after: { from: 'consent', branch: 'next' } });
    expect(lines(state)).toContain('consent.next>deny');
    expect(lines(state).filter((line) => line.startsWith('deny.'))).toEqual([]);
  });

  test('a branch that is called otherwise keeps its line, and one that is taken out loses it', () => {
    const begun = all(editing(template('step-up-on-risk')), { kind: 'field', node: 'risk', place: ['branches', 0, 'name'], value: 'tall' });
    expect(lines(begun)).toContain('risk.tall>second');
    const more = all(
      begun,
      { kind: 'field', node: 'risk', place: ['branches', 1], value: { name: 'more', when: 'true' } },
      { kind: 'connect', from: 'risk', branch: 'more', to: 'no' },
      { kind: 'field', node: 'risk', place: ['branches', 0], value: undefined },
    );
    expect(lines(more).filter((line) => line.startsWith('risk.'))).toEqual(['risk.otherwise>consent', 'risk.more>no']);
  });

  test('a node that is taken out leaves no hole where its way on is plain', () => {
    const state = all(editing(template('step-up-on-risk')), { kind: 'remove', ids: ['second', 'tenant'] });
    expect(lines(state)).toEqual(expect.arrayContaining(['signIn.next>risk', 'risk.high>consent']));
    expect(Object.keys(state.now.layout)).not.toContain('second');
  });

  test('without its first node a flow starts with the next', () => {
    const state = all(editing(template('step-up-on-risk')), { kind: 'remove', ids: ['identify'] });
    expect(state.now.draft.start).toBe('signIn');
  });

  test('a new name goes into lines, expressions, holes and the secret that is stored', () => {
    const plan = all(editing(template('plan-gating')), { kind: 'rename', node: 'plan', to: 'tariff' });
    expect(JSON.stringify(documentOf(plan.now.draft))).not.toMatch(/steps\.plan\b|"(from|to|id)":"plan"/);
    expect(judge(plan.now.draft, none).findings).toEqual([]);
    const keys = editing(template('api-key-provisioning'));
    const stores = Object.values(keys.now.draft.nodes).find(({ kind }) => kind === 'storeCredential');
    const [source = ''] = wordIn(stores?.fields['value']).split('.');
    const after = all(keys, { kind: 'rename', node: source, to: 'maker' });
    expect(judge(after.now.draft, none).findings).toEqual(judge(keys.now.draft, none).findings);
    expect(JSON.stringify(documentOf(after.now.draft))).toContain('"maker.');
  });

  test.each(['risk', 'two words', '1st', ''])('a node is not called %j', (to) => {
    const state = editing(template('step-up-on-risk'));
    const after = all(state, { kind: 'rename', node: 'second', to });
    expect(after.now).toBe(state.now);
    expect(after.past).toEqual([]);
    expect(after.said.text).toBe('That name is taken or cannot be one.');
  });

  test('what is drawn between nodes that are not there changes nothing', () => {
    const state = editing(template('step-up-on-risk'));
    expect(lines(all(state, { kind: 'connect', from: 'risk', branch: 'nowhere', to: 'no' }))).toEqual(lines(state));
    expect(lines(all(state, { kind: 'connect', from: 'risk', branch: 'high', to: 'nobody' }))).toEqual(lines(state));
  });
});

describe('arranging', () => {
  const chain = (length: number): Draft => {
    const begun = all(editing(emptyDraft('chain', 'authorize')), { kind: 'add', node: 'identify' });
    const ids = Array.from({ length: length - 1 }, (_, at) => (at === 0 ? 'screen' : `screen${String(at + 1)}`));
    return ids.reduce((state, id, at) => {
      const from = at === 0 ? 'identify' : (ids[at - 1] ?? '');
      return all(state, { kind: 'add', node: 'screen', after: { from, branch: 'next' } });
    }, begun).now.draft;
  };

  test('puts every node from left to right of what leads to it, or into a later row, and none upon another', () => {
    const draft = template('step-up-on-risk');
    const layout = arranged(draft);
    for (const { from, to } of linesIn(draft)) {
      const [before, after] = [layout[from] ?? { x: 0, y: 0 }, layout[to] ?? { x: 0, y: 0 }];
      expect([from, to, before.x < after.x || before.y + 52 < after.y]).toEqual([from, to, true]);
    }
    expect(overlapping(layout)).toEqual([]);
  });

  test('keeps a flow of usual length within what a canvas of 1280 pixels shows', () => {
    const xs = Object.values(arranged(template('step-up-on-risk'))).map(({ x }) => x);
    expect(Math.max(...xs) + NODE_WIDTH - Math.min(...xs)).toBeLessThanOrEqual(760);
  });

  test('folds a flow that is too long to be looked at', () => {
    const layout = arranged(chain(60));
    expect(Math.max(...Object.values(layout).map(({ x }) => x))).toBeLessThan(4000);
    expect(overlapping(layout)).toEqual([]);
    expect(Object.keys(layout)).toHaveLength(60);
  });
});

function overlapping(layout: ReturnType<typeof arranged>): readonly string[] {
  const all = Object.entries(layout);
  return all.flatMap(([id, one]) =>
    all
      .filter(([other, two]) => other > id && Math.abs(one.x - two.x) < 216 && Math.abs(one.y - two.y) < 52)
      .map(([other]) => `${id} ${other}`),
  );
}

describe('copies', () => {
  test('stand beside under names of their own, with the lines between them, and read their own steps', () => {
    const before = editing(template('plan-gating'));
    const ids = [
      'plan',
      ...Object.keys(before.now.draft.edges['plan'] ?? {}).map((branch) => before.now.draft.edges['plan']?.[branch] ?? ''),
    ];
    const state = all(before, { kind: 'copy', ids }, { kind: 'pasteClip' });
    expect(state.selected).toHaveLength(new Set(ids).size);
    expect(lines(state)).toEqual(expect.arrayContaining([expect.stringMatching(/^plan2\.next>/)]));
    const copiesRead = state.selected.map((id) => JSON.stringify(state.now.draft.nodes[id])).join('');
    expect(copiesRead).not.toContain('steps.plan.');
    expect(before.now.draft.nodes).toEqual(
      Object.fromEntries(Object.entries(state.now.draft.nodes).filter(([id]) => !state.selected.includes(id))),
    );
  });

  test('can be made twice', () => {
    const state = all(editing(template('step-up-on-risk')), { kind: 'copy', ids: ['no'] }, { kind: 'pasteClip' }, { kind: 'pasteClip' });
    expect(Object.keys(state.now.draft.nodes)).toEqual(expect.arrayContaining(['no', 'no2', 'no3']));
  });
});

describe('going back', () => {
  test('undoes each act and does it again', () => {
    const before = editing(template('step-up-on-risk'));
    const after = all(before, { kind: 'remove', ids: ['second'] }, { kind: 'add', node: 'event' }, { kind: 'arrange' });
    const undone = all(after, { kind: 'undo' }, { kind: 'undo' }, { kind: 'undo' });
    expect(undone.now).toBe(before.now);
    expect(all(undone, { kind: 'redo' }, { kind: 'redo' }, { kind: 'redo' }).now).toBe(after.now);
    expect(all(undone, { kind: 'undo' }).said.text).toBe('There is nothing to undo.');
  });

  test('takes a word that was typed as one step, and another field as another', () => {
    const typed = ['h', 'hi', 'hig', 'high'].map((value): Act => ({ kind: 'field', node: 'no', place: ['message'], value }));
    const state = all(editing(template('step-up-on-risk')), ...typed, { kind: 'field', node: 'no', place: ['label'], value: 'N' });
    expect(state.past).toHaveLength(2);
    expect(all(state, { kind: 'undo' }).now.draft.nodes['no']?.fields['message']).toBe('high');
    expect(all(state, { kind: 'undo' }, { kind: 'undo' }).past).toEqual([]);
  });

  test('what is done after going back forgets what was ahead', () => {
    const state = all(editing(template('step-up-on-risk')), { kind: 'arrange' }, { kind: 'undo' }, { kind: 'add', node: 'event' });
    expect(state.future).toEqual([]);
  });

  test('nodes that are no more are not selected any more', () => {
    const state = all(editing(template('step-up-on-risk')), { kind: 'add', node: 'event' }, { kind: 'undo' });
    expect(state.selected).toEqual([]);
  });
});

describe('what is said', () => {
  test.each<[Act, string]>([
    [
      { kind: 'add', node: 'event', after: { from: 'consent', branch: 'next' } },
      'Audit event added after consent, branch next, called event.',
    ],
    [{ kind: 'connect', from: 'risk', branch: 'failed', to: 'no' }, 'risk, branch failed, leads to no now.'],
    [{ kind: 'disconnect', from: 'risk', branch: 'high' }, 'risk, branch high, leads nowhere now.'],
    [{ kind: 'remove', ids: ['no'] }, 'no removed.'],
    [{ kind: 'start', node: 'signIn' }, 'The flow starts with signIn now.'],
    [{ kind: 'copy', ids: ['no', 'risk'] }, 'no, risk copied.'],
    [{ kind: 'duplicate', ids: ['no'] }, '1 node put in.'],
    [{ kind: 'rename', node: 'no', to: 'refuse' }, 'no is called refuse now.'],
  ])('of an act is its sentence', (act, sentence) => {
    expect(edit(editing(template('step-up-on-risk')), act).said.text).toBe(sentence);
  });

  test('twice the same is heard twice', () => {
    const state = all(editing(template('step-up-on-risk')), { kind: 'say', text: 'Saved.' });
    expect(all(state, { kind: 'say', text: 'Saved.' }).said.turn).toBe(state.said.turn + 1);
  });
});

describe('a place in the fields of a node', () => {
  test('is written as faults write it', () => {
    expect(pathOf(['branches', 0, 'when'])).toBe('branches[0].when');
  });

  test('can be read, set and taken out', () => {
    const fields = { branches: [{ name: 'a' }, { name: 'b' }] };
    expect(valueAt(fields, ['branches', 1, 'name'])).toBe('b');
    expect(withValue(fields, ['branches', 0], undefined)).toEqual({ branches: [{ name: 'b' }] });
    expect(withValue(fields, ['auth', 'kind'], 'bearer')).toEqual({ ...fields, auth: { kind: 'bearer' } });
    expect(withValue(fields, ['branches', 0, 'name'], undefined)).toEqual({ branches: [{}, { name: 'b' }] });
  });
});
