import { describe, expect, it } from 'vitest';
import { detailFault, isWithin, type Detail } from './detail.ts';
import { readSchema } from './detail-schema.ts';
import { inWords } from './detail-words.ts';

const WRITTEN = {
  properties: {
    amount: {
      title: 'Amount',
      type: 'object',
      required: ['value'],
      properties: { value: { type: 'number', minimum: 0, maximum: 100 }, currency: { enum: ['EUR', 'USD'] } },
    },
    creditor: { title: 'Goes to', type: 'string', minLength: 1, maxLength: 10 },
    actions: { type: 'array', items: { enum: ['read', 'pay'] }, minItems: 1, maxItems: 2 },
    urgent: { type: 'boolean' },
    count: { type: 'integer' },
    note: { type: ['string', 'null'] },
    version: { const: 1 },
    free: { type: 'object', additionalProperties: true },
  },
  required: ['creditor'],
};

function schemaOf(value: unknown) {
  const read = readSchema(value);
  if (!read.ok) throw new Error(read.error);
  return { type: 'payment', title: 'Pay', description: 'Once', schema: read.value };
}
const PAYMENT = schemaOf(WRITTEN);

describe('a detail', () => {
  it.each<[string, Record<string, unknown>]>([
    ['with what is required', {}],
    [
      'with everything',
      {
        amount: { value: 3, currency: 'EUR' },
        actions: ['read', 'pay'],
        urgent: true,
        count: 2,
        note: null,
        version: 1,
        free: { any: [1] },
      },
    ],
  ])('%s is one of its type', (_, more) => {
    expect(detailFault({ type: 'payment', creditor: 'Ann', ...more }, PAYMENT)).toBeUndefined();
  });

  it.each<[string, Record<string, unknown>, string]>([
    ['a field is missing', { creditor: undefined }, 'payment.creditor is missing'],
    ['a field is unknown', { iban: 'x' }, 'payment has no field iban'],
    ['an inner field is unknown', { amount: { value: 1, tip: 1 } }, 'payment.amount has no field tip'],
    ['an inner field is missing', { amount: {} }, 'payment.amount.value is missing'],
    ['a kind is wrong', { urgent: 'yes' }, 'payment.urgent is boolean'],
    ['a list stands for an object', { amount: [1] }, 'payment.amount is object'],
    ['nothing stands for a text', { creditor: null }, 'payment.creditor is string'],
    ['a number is too high', { amount: { value: 101 } }, 'payment.amount.value is at most 100'],
    ['a number is too low', { amount: { value: -1 } }, 'payment.amount.value is at least 0'],
    ['a text is too long', { creditor: 'a'.repeat(11) }, 'the length of payment.creditor is at most 10'],
    ['a text is too short', { creditor: '' }, 'the length of payment.creditor is at least 1'],
    ['a value is none of the listed', { actions: ['steal'] }, 'payment.actions[0] is none of the values that it may have'],
    ['a list is too long', { actions: ['read', 'pay', 'pay'] }, 'the number of payment.actions is at most 2'],
    ['a value is not the one', { version: 2 }, 'payment.version is not the value that it must have'],
    ['a number has a fraction', { count: 1.5 }, 'payment.count is integer'],
    ['a name is that of every object', { constructor: 1 }, 'payment has no field constructor'],
  ])('is none of its type when %s', (_, more, fault) => {
    const detail: Detail = JSON.parse(JSON.stringify({ type: 'payment', creditor: 'Ann', ...more }));
    expect(detailFault(detail, PAYMENT)).toBe(fault);
  });

  it('of a type without a schema has no fields', () => {
    expect(detailFault({ type: 'plain' }, schemaOf({}))).toBeUndefined();
    expect(detailFault({ type: 'plain', a: 1 }, schemaOf({}))).toBe('payment has no field a');
  });

  it('is shown by the words of its type', () => {
    const { title, facts } = inWords({ type: 'payment', creditor: 'Ann', amount: { value: 3 }, actions: ['pay'] }, [PAYMENT]);
    expect([title, facts]).toEqual(['Pay', { 'Goes to': 'Ann', Amount: { value: 3 }, actions: ['pay'] }]);
  });

  it('hides no field behind another of the same title', () => {
    const type = schemaOf({ properties: { a: { title: 'Sum' }, b: { title: 'Sum' } } });
    expect(inWords({ type: 'payment', a: 1, b: 2 }, [type]).facts).toEqual({ a: 1, b: 2 });
  });
});

describe('a schema', () => {
  it.each<[string, unknown]>([
    ['a pattern', { properties: { a: { pattern: '(a+)+$' } } }],
    ['a reference', { $ref: '#/x' }],
    ['a combination', { anyOf: [] }],
    ['a kind that is none', { type: 'money' }],
    ['a list that is none', { enum: 'a' }],
    ['a bound that is none', { minLength: '1' }],
    ['names that are none', { required: [1] }],
    ['no object', 'string'],
  ])('with %s is refused when it is written', (_, schema) => {
    expect(readSchema(schema).ok).toBe(false);
  });

  it('that is nested without end is refused', () => {
    let schema: Record<string, unknown> = {};
    for (let depth = 0; depth < 10; depth += 1) schema = { items: schema };
    expect(readSchema(schema).ok).toBe(false);
  });
});

describe('what is asked for later', () => {
  const granted: Detail[] = [
    { type: 'payment', creditor: 'Ann', actions: ['read', 'pay'], amount: { value: 3, currency: 'EUR' } },
    { type: 'plain' },
  ];
  const [payment] = granted;
  it.each<[string, Detail[], boolean]>([
    ['all of it', granted, true],
    ['one of it', [{ type: 'plain' }], true],
    ['fewer actions', [{ type: 'payment', ...payment, actions: ['read'] }], true],
    [
      'another order of names',
      [{ actions: ['pay', 'read'], type: 'payment', amount: { currency: 'EUR', value: 3 }, creditor: 'Ann' }],
      true,
    ],
    ['more actions', [{ type: 'payment', ...payment, actions: ['read', 'pay', 'steal'] }], false],
    ['no actions, which may mean all', [{ type: 'payment', ...payment, actions: [] }], false],
    ['without actions, which may mean all', [{ type: 'payment', creditor: 'Ann', amount: { value: 3, currency: 'EUR' } }], false],
    ['another amount', [{ type: 'payment', ...payment, amount: { value: 2, currency: 'EUR' } }], false],
    ['one field more', [{ type: 'plain', extra: 1 }], false],
    ['another type', [{ type: 'other' }], false],
    ['one that is and one that is not', [{ type: 'plain' }, { type: 'other' }], false],
  ])('is %s: %#', (_, asked, within) => {
    expect(isWithin(asked, granted)).toBe(within);
  });

  it('is not the same payment twice (narrowing only)', () => {
    const twice: Detail = { type: 'payment', ...payment };
    expect(isWithin([twice, twice], granted)).toBe(false);
    expect(isWithin([twice, { ...twice, actions: ['pay'] }], granted)).toBe(false);
    expect(isWithin([twice, twice], [...granted, twice])).toBe(true);
  });

  it('finds for each its own, in whatever order they come', () => {
    const [wide, narrow]: Detail[] = [
      { type: 'file', actions: ['read', 'write'] },
      { type: 'file', actions: ['read'] },
    ];
    if (wide === undefined || narrow === undefined) throw new Error('two details');
    expect(isWithin([narrow, wide], [wide, narrow])).toBe(true);
    expect(isWithin([wide, wide], [wide, narrow])).toBe(false);
  });

  it('of long lists is compared by one look for each member (DoS)', () => {
    let looks = 0;
    const member = (name: string): object =>
      Object.defineProperty({}, 'toJSON', {
        value: () => {
          looks += 1;
          return name;
        },
      });
    const list = Array.from({ length: 1_500 }, (_, at) => `a${at}`);
    const last = list.map(() => member('a1499'));
    expect(isWithin([{ type: 'x', actions: last }], [{ type: 'x', actions: list }])).toBe(true);
    expect(looks).toBeLessThan(10_000);
  });
});
