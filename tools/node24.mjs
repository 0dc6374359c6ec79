// Finds the Node that the workspace runs on. npm brings it (optionalDependencies node-<platform>-<arch>), so the Node that
// started us may be older; on a platform without such a package the running Node serves if it is new enough.
import { spawnSync } from 'node:child_process';
import { existsSync } from 'node:fs';
import { join } from 'node:path';

const OLDEST = [22, 19];

/** True for `v22.19.0` and everything newer. */
export function isNewEnough(version) {
  const [major, minor] = version.trim().replace(/^v/, '').split('.').map(Number);
  return major > OLDEST[0] || (major === OLDEST[0] && minor >= OLDEST[1]);
}

/** Path of a Node new enough for the hub; `{ node, version }`, or `{ problem }` with a sentence for the user. */
export function findNode(root) {
  const candidates = [join(root, 'node_modules', '.bin', 'node'), process.execPath];
  for (const node of candidates) {
    if (!existsSync(node)) continue;
    const asked = spawnSync(node, ['--version'], { encoding: 'utf8' });
    if (asked.status === 0 && isNewEnough(asked.stdout)) return { node, version: asked.stdout.trim() };
  }
  const package_ = `node-${process.platform}-${process.arch}`;
  return {
    problem:
      `Node ${OLDEST.join('.')} or newer is needed, and this is ${process.version}. ` +
      `npm should have brought one as ${package_}: run "npm install" without --omit=optional, or put a newer Node first in PATH.`,
  };
}
