// Every source file with what it imports, read once for all floor checks.
import { posix } from 'node:path';
import { filesBelow, isTest, read, SOURCE, workspaces } from './files.mjs';
import { importsOf, parse } from './syntax.mjs';

/**
 * `{ path, dir, test, tree, imports }` per file; `dir` is its workspace (or `e2e`, `bench`), and an import that stays inside the
 * checkout carries `target`, the path it leads to.
 */
export function sourcesOf(root) {
  const dirs = [...workspaces(root).map((one) => one.dir), 'e2e', 'bench'];
  return dirs.flatMap((dir) => filesBelow(root, dir, SOURCE).map((path) => source(root, dir, path)));
}

function source(root, dir, path) {
  const tree = parse(path, read(root, path));
  const imports = importsOf(tree).map((one) =>
    one.from.startsWith('.') ? { ...one, target: posix.join(posix.dirname(path), one.from) } : one,
  );
  return { path, dir, test: isTest(path), tree, imports };
}
