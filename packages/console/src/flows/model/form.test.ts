import { FLOW_TEMPLATES, GRAPH_KINDS, parseFlow } from '@writ/flow';
import { describe, expect, test } from 'vitest';
import { fieldsOf, type Field, type Form } from './form.ts';
import { mended, newNode, readNode, waysOut } from './read.ts';
import { formAt } from './sample.ts';
import { HINTS, kindWord } from './words.ts';

const KINDS = [...GRAPH_KINDS.keys()];
const form = (kind: string, name: string): Form | undefined => fieldsOf(kind).find((field) => field.name === name)?.form;

describe('the fields of the panel', () => {
  test.each(KINDS)('of %s are those that its kind reads, in their order', (kind) => {
    const { properties = {} } = GRAPH_KINDS.get(kind)?.shape.schema ?? {};
    expect(fieldsOf(kind).map(({ name }) => name)).toEqual(Object.keys(properties ?? {}));
  });

  test('tell an expression from a text with holes and from a plain text', () => {
    expect(formAt('condition', 'branches[0].when')).toMatchObject({ is: 'formula', most: 1000 });
    expect(form('deny', 'message')).toMatchObject({ is: 'template', most: 500 });
    expect(form('connect', 'connection')).toMatchObject({ is: 'text', most: 100 });
    expect(form('setClaims', 'claims')).toMatchObject({ is: 'record', item: { is: 'formula' }, most: 30 });
  });

  test('are boxes for some of a few words, a choice for one, a number with its unit', () => {
    expect(form('stepUp', 'methods')).toEqual({
      is: 'words',
      words: ['passkey', 'totp', 'recovery_code', 'email_code', 'password'],
      least: 1,
    });
    expect(form('identify', 'ask')).toEqual({ is: 'word', words: ['nothing', 'email'] });
    expect(form('http', 'timeout')).toEqual({ is: 'count', least: 100, most: 30_000, unit: 'milliseconds' });
    expect(form('consent', 'remember')).toEqual({ is: 'flag' });
  });

  test('of the ways to sign a call are told apart by kind', () => {
    const auth = form('http', 'auth');
    expect(auth?.is === 'oneOf' ? Object.keys(auth.variants) : []).toEqual([
      'bearer',
      'basic',
      'apiKey',
      'clientCredentials',
      'hmac',
      'signature',
    ]);
    expect(auth?.is === 'oneOf' ? auth.variants['apiKey']?.map(({ name }) => name) : []).toEqual(['header', 'secret']);
  });

  test('cover every value of every template', () => {
    for (const { flow } of FLOW_TEMPLATES) {
      const parsed = parseFlow(flow);
      for (const node of parsed.ok ? Object.values(parsed.graph.nodes) : []) {
        const { kind, label: _label, ...fields } = node;
        const known = new Set(fieldsOf(kind).map(({ name }) => name));
        expect(Object.keys(fields).filter((name) => !known.has(name))).toEqual([]);
      }
    }
  });
});

describe('a new node', () => {
  test.each(KINDS)('of the kind %s has its branches before it is filled in', (kind) => {
    const node = newNode(kind);
    expect(readNode(mended(node)).node?.kind).toBe(kind);
    if (kind !== 'deny' && kind !== 'complete') expect(waysOut(node).length).toBeGreaterThan(0);
  });

  test.each(KINDS)('of the kind %s lacks nothing but what only its author can know', (kind) => {
    const OWED = new Set(['url', 'connection', 'value', 'name', 'flow', 'branches[0].when']);
    expect(
      readNode(newNode(kind))
        .faults.map(({ path }) => path)
        .filter((path) => !OWED.has(path)),
    ).toEqual([]);
  });
});

test('a new node shows what stands for the fields that nobody filled in', () => {
  expect(newNode('stepUp').fields).toEqual({ acr: ['2'], enrol: true, methods: ['passkey', 'totp'] });
});

describe('words', () => {
  test('there is one for every kind', () => {
    expect(new Set(KINDS.map(kindWord)).size).toBe(KINDS.length);
  });

  test('hints stand only under fields that there are', () => {
    const all = new Set(KINDS.flatMap((kind) => fieldsOf(kind).map(({ name }: Field) => `${kind}.${name}`)));
    expect(Object.keys(HINTS).filter((one) => !all.has(one))).toEqual([]);
  });
});
