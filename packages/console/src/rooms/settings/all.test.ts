import { expect, it } from 'vitest';
import { settingsIn, writtenIn } from './all.ts';

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
  const [anchor] = settingsIn({ paths: { '/admin/v1/settings/anchor': put({ properties: { url: { type: 'string' } } }) } });
  expect(anchor === undefined ? undefined : writtenIn(anchor, { url: 'x', lag: 3 })).toEqual({ url: 'x' });
});
