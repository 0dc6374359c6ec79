import { readFileSync, writeFileSync } from 'node:fs';
import process from 'node:process';
import { expect, it } from 'vitest';
import { findTests, pageOf, readCatalogue } from './list.ts';

const PAGE = new URL('../../docs/specs/attacks.md', import.meta.url);
const catalogue = readCatalogue();
const tests = findTests(new Set(Object.keys(catalogue)));
const numbers = new Set(tests.map(({ number }) => number));

it('every line of the attack list is tried, or says what it waits for', () => {
  const untested = Object.entries(catalogue).filter(
    ([number, { later, never }]) => !numbers.has(number) && later === undefined && never === undefined,
  );
  expect(untested.map(([number]) => number)).toEqual([]);
});

it('no line waits for something that is tried already', () => {
  const waiting = Object.entries(catalogue).filter(([number, { later, never }]) => numbers.has(number) && (later ?? never) !== undefined);
  expect(waiting.map(([number]) => number)).toEqual([]);
});

it('docs/specs/attacks.md says what is there (WRIT_TEST_WRITE=1 writes it)', () => {
  const page = pageOf(catalogue, tests);
  if (process.env['WRIT_TEST_WRITE'] === '1') writeFileSync(PAGE, page);
  expect(readFileSync(PAGE, 'utf8')).toBe(page);
});
