import { expect, it } from 'vitest';
import { optionsIn } from './known.ts';

it('offers what a list holds by id, with the name beside it', () => {
  expect(
    optionsIn({
      items: [
        { id: 'ann', name: 'Ann Archer', email: 'ann@acme.test' },
        { id: 'bob', email: 'bob@acme.test' },
        { name: 'SRE' },
        { id: 'agt_1', clientName: 'Desk' },
        7,
      ],
    }),
  ).toEqual([
    { value: 'ann', name: 'Ann Archer' },
    { value: 'bob', name: 'bob@acme.test' },
    { value: 'SRE', name: undefined },
    { value: 'agt_1', name: 'Desk' },
  ]);
  expect([optionsIn(undefined), optionsIn({ items: 'none' })]).toEqual([[], []]);
});
