// The files that the checks look at: found by walking, not by asking git, so a planted tree in a test is as good as a checkout.
import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';

const SKIPPED = new Set(['node_modules', 'dist', 'data', 'tmp', 'playwright-report', 'test-results']);

/** Paths below `dir` (both relative to `root`, with `/`) whose name matches; sorted; hidden folders and build output left out. */
export function filesBelow(root, dir, matches) {
  const start = join(root, dir);
  if (!existsSync(start)) return [];
  const found = [];
  for (const entry of readdirSync(start, { withFileTypes: true })) {
    const path = dir === '.' ? entry.name : `${dir}/${entry.name}`;
    if (entry.isDirectory()) {
      if (!SKIPPED.has(entry.name) && !entry.name.startsWith('.')) found.push(...filesBelow(root, path, matches));
    } else if (matches.test(entry.name)) found.push(path);
  }
  return found.toSorted();
}

export const read = (root, path) => readFileSync(join(root, path), 'utf8');

/** TypeScript that people write: not generated declarations. */
export const SOURCE = /^(?!.*\.d\.ts$).*\.(ts|tsx|mts)$/;

/** Tests, store suites and what only they use. */
export const isTest = (path) => /\.(test|suite|e2e)\.tsx?$/.test(path) || path.includes('/testing/') || path.startsWith('e2e/');

/** Workspaces: `{ dir, name, manifest }` for each package.json one level below the folders named. */
export function workspaces(root, parents = ['packages', 'examples']) {
  const found = [];
  for (const parent of parents) {
    if (!existsSync(join(root, parent))) continue;
    for (const entry of readdirSync(join(root, parent)).toSorted()) {
      const dir = `${parent}/${entry}`;
      if (!existsSync(join(root, dir, 'package.json'))) continue;
      const manifest = JSON.parse(read(root, `${dir}/package.json`));
      found.push({ dir, name: manifest.name, manifest });
    }
  }
  return found;
}

/** The median and the p-th quantile of numbers, by nearest rank; 0 for none. */
export function quantile(numbers, p) {
  const sorted = numbers.toSorted((a, b) => a - b);
  return sorted[Math.min(sorted.length - 1, Math.ceil(p * sorted.length) - 1)] ?? 0;
}
