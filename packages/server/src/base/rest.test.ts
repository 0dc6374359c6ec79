import { afterEach, beforeEach, expect, test, vi } from 'vitest';
import { createRest } from './rest.ts';

const MINUTE = 60_000;

beforeEach(() => void vi.useFakeTimers());
afterEach(() => void vi.useRealTimers());

function resting() {
  const collected = { times: 0 };
  const rest = createRest(() => {
    collected.times += 1;
  });
  return { collected, rest };
}

test('a hub that nobody asks gives memory back once, not again and again', () => {
  const { collected, rest } = resting();
  vi.advanceTimersByTime(10 * MINUTE);
  expect(collected.times).toBe(1);
  rest.stop();
});

test('a hub that is asked all the time is left alone', () => {
  const { collected, rest } = resting();
  for (let second = 0; second < 120; second += 1) {
    rest.stirred();
    vi.advanceTimersByTime(1_000);
  }
  expect(collected.times).toBe(0);
  vi.advanceTimersByTime(MINUTE);
  expect(collected.times).toBe(1);
  rest.stop();
});

test('later it waits for two quiet minutes: what comes between two bursts would take what the second needs', () => {
  const { collected, rest } = resting();
  vi.advanceTimersByTime(MINUTE);
  vi.spyOn(process.memoryUsage, 'rss').mockReturnValue(process.memoryUsage.rss() + 100_000_000);
  rest.stirred();
  vi.advanceTimersByTime(MINUTE);
  expect(collected.times).toBe(1);
  vi.advanceTimersByTime(2 * MINUTE);
  expect(collected.times).toBe(2);
  rest.stop();
  vi.restoreAllMocks();
});

test('after it was stopped nothing is collected', () => {
  const { collected, rest } = resting();
  rest.stop();
  vi.advanceTimersByTime(MINUTE);
  expect(collected.times).toBe(0);
});

test('the collector of this process can be had', () => {
  const before = process.memoryUsage().heapUsed;
  let garbage: number[][] | undefined = Array.from({ length: 100 }, () => Array.from({ length: 10_000 }, Math.random));
  const rest = createRest();
  expect(garbage).toHaveLength(100);
  garbage = undefined;
  vi.advanceTimersByTime(MINUTE);
  expect(process.memoryUsage().heapUsed).toBeLessThan(before + 4_000_000);
  rest.stop();
});
