import { FLOW_TEMPLATES } from '@writ/flow';
import { describe, expect, test } from 'vitest';
import { arranged } from './arrange.ts';
import { draftOf } from './draft.ts';
import { edit, opened, type Editing } from './history.ts';
import { pressed, type Press } from './keys.ts';
import { graphIn } from './record.ts';
import { facesOf } from './scene.ts';

const draft = draftOf(graphIn(FLOW_TEMPLATES.find(({ id }) => id === 'step-up-on-risk')?.flow));
const begun: Editing = { ...opened({ draft, layout: arranged(draft) }), selected: ['risk'] };
const key = (name: string, more: Partial<Press> = {}): Press => ({ key: name, shift: false, command: false, ...more });

/** What the state is after a key, with the node that the focus goes to. */
function after(press: Press, { state = begun, node = 'risk', readOnly = false } = {}) {
  const deed = pressed(state, node, press, readOnly);
  return { state: (deed?.acts ?? []).reduce(edit, state), to: deed?.to, beside: deed?.beside, meant: deed !== undefined };
}

describe('a key on a node', () => {
  test('follows the lines, and what has the focus is selected', () => {
    expect(after(key('ArrowRight'))).toMatchObject({ to: 'second', state: { selected: ['second'] } });
    expect(after(key('ArrowLeft'))).toMatchObject({ to: 'tenant' });
    expect(after(key('Home'))).toMatchObject({ to: 'identify' });
  });

  test.each([
    ['Enter', 'fields'],
    ['c', 'ways'],
    ['a', 'palette'],
    ['?', 'help'],
    ['0', 'whole'],
  ] as const)('%s leads to %s, for the node that has the focus', (name, beside) => {
    expect(after(key(name), { node: 'no' })).toMatchObject({ beside, state: { selected: ['no'] } });
  });

  test('deletes, and the focus goes to what was before; the first node leaves it to the next', () => {
    const { state, to } = after(key('Delete'));
    expect(Object.keys(state.now.draft.nodes)).not.toContain('risk');
    expect([to, state.selected]).toEqual(['tenant', ['tenant']]);
    expect(after(key('Backspace'), { node: 'identify', state: { ...begun, selected: ['identify'] } })).toMatchObject({ to: 'signIn' });
  });

  test('moves what is selected with Shift and an arrow', () => {
    const { state } = after(key('ArrowDown', { shift: true }));
    expect(state.now.layout['risk']?.y).toBe((begun.now.layout['risk']?.y ?? 0) + 24);
    expect(state.now.draft).toBe(begun.now.draft);
  });

  test('cuts and pastes, duplicates, selects all', () => {
    const cut = after(key('x', { command: true })).state;
    expect(Object.keys(cut.now.draft.nodes)).not.toContain('risk');
    expect(Object.keys(after(key('v', { command: true }), { state: cut, node: 'tenant' }).state.now.draft.nodes)).toContain('risk');
    expect(Object.keys(after(key('D', { command: true })).state.now.draft.nodes)).toContain('risk2');
    expect(after(key('a', { command: true })).state.selected).toHaveLength(8);
  });

  test('selects more along the lines with Ctrl', () => {
    expect(after(key('ArrowRight', { command: true }))).toMatchObject({ to: 'second', state: { selected: ['risk', 'second'] } });
  });

  test('means nothing where it has no meaning, so that the browser has it', () => {
    for (const press of [key('q'), key('Tab'), key('r', { command: true })]) expect(after(press).meant).toBe(false);
  });

  test('changes nothing where nothing may be changed, and goes on leading about', () => {
    for (const press of [
      key('Delete'),
      key('a'),
      key('x', { command: true }),
      key('d', { command: true }),
      key('ArrowUp', { shift: true }),
    ])
      expect(after(press, { readOnly: true }).state.now).toBe(begun.now);
    expect(after(key('ArrowRight'), { readOnly: true }).to).toBe('second');
    expect(after(key('Enter'), { readOnly: true }).beside).toBe('fields');
  });
});

describe('the face of a node', () => {
  const faces = facesOf(begun.now, [{ severity: 'error', code: 'x', message: 'wrong', node: 'risk', path: '' }], new Map());

  test('says in words what it shows', () => {
    expect(faces.get('risk')?.says).toBe('Condition risk, high leads to second, otherwise leads to consent, 1 fault');
    expect(faces.get('identify')?.says).toBe('Identify identify, the start, next leads to signIn');
  });

  test('is the same value until something about it changes', () => {
    const typed = edit(begun, { kind: 'field', node: 'no', place: ['label'], value: 'Refused' });
    const next = facesOf(typed.now, [{ severity: 'error', code: 'x', message: 'wrong', node: 'risk', path: '' }], faces);
    expect([...next].filter(([id, face]) => faces.get(id) !== face).map(([id]) => id)).toEqual(['second', 'no']);
  });
});
