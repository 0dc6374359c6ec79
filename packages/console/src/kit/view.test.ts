import { expect, it } from 'vitest';
import { keyOf, viewsIn, withView } from './view.ts';

it('knows a view again by its filters, whatever their order', () => {
  expect(keyOf({ b: '2', a: '1', c: '' })).toBe(keyOf({ a: '1', b: '2' }));
  expect(keyOf({ a: '1' })).not.toBe(keyOf({ a: '2' }));
});

it('reads what was kept, and nothing out of what somebody else wrote there', () => {
  const views = [{ name: 'mine', search: { state: 'frozen' } }];
  expect(viewsIn(JSON.stringify(views))).toEqual(views);
  for (const text of [null, '', '{', '{}', '[1,null,{"name":1,"search":{}}]']) expect(viewsIn(text)).toEqual([]);
  expect(viewsIn('[{"name":"a","search":{"x":1,"y":"z"}}]')).toEqual([{ name: 'a', search: { y: 'z' } }]);
});

it('keeps one view of a name', () => {
  const one = { name: 'a', search: { x: '1' } };
  expect(withView([one, { name: 'b', search: {} }], { name: 'a', search: { x: '2' } })).toEqual([
    { name: 'b', search: {} },
    { name: 'a', search: { x: '2' } },
  ]);
});
