import { expect, it } from 'vitest';
import { isThere, settingsIn, writtenIn } from './all.ts';

const put = (schema: object) => ({
  put: { requestBody: { content: { 'application/json': { schema } } } },
  get: { summary: 'What it is for' },
});

it('finds every setting that can be written, with its form', () => {
  const found = settingsIn({
    paths: {
      '/admin/v1/settings/quiet-hours': put({ type: 'object', properties: { hours: { type: 'integer' } } }),
      '/admin/v1/settings/only-read': { get: { summary: 'Nothing to write' } },
      '/admin/v1/registration': put({ type: 'object', properties: {} }),
      '/admin/v1/clients/{id}': put({ type: 'object', properties: {} }),
    },
  });
  expect(found.map(({ title, sentence, members }) => [title, sentence, members.map(({ name }) => name)])).toEqual([
    ['Quiet hours', 'What it is for', ['hours']],
    ['Registration', expect.stringContaining('CIMD'), []],
  ]);
});

it('writes back what can be written, and not how it does', () => {
  const members =
    settingsIn({ paths: { '/admin/v1/settings/anchor': put({ properties: { url: { type: 'string' } } }) } })[0]?.members ?? [];
  const anchor = { name: 'anchor', members };
  expect(writtenIn(anchor, { url: 'x', lag: 3 })).toEqual({ url: 'x' });
  const shown = { anchor: { url: 'x', hasSecret: true }, health: { pending: 3 } };
  expect(writtenIn(anchor, shown)).toEqual({ url: 'x' });
  expect(writtenIn(anchor, { anchor: null, health: null })).toEqual({});
  expect([isThere(anchor, shown), isThere(anchor, { anchor: null })]).toEqual([true, false]);
});

it('knows which settings can be taken away', () => {
  const [anchor, quiet] = settingsIn({
    paths: {
      '/admin/v1/settings/anchor': { ...put({ properties: {} }), delete: {} },
      '/admin/v1/settings/quiet-hours': put({ properties: {} }),
    },
  });
  expect([anchor?.isRemovable, quiet?.isRemovable]).toEqual([true, false]);
});
