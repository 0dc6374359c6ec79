// Starts a program of the repository on the project's Node after set-up; arguments and exit status pass through.
import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { run } from './run.mjs';
import { ROOT, setup } from './setup.mjs';

/** Runs `file` (relative to the root), or says in one sentence that it does not exist. `what` names it in words. */
export async function launch(file, what) {
  if (!existsSync(join(ROOT, file))) {
    process.stderr.write(`There is no ${file} yet, so ${what} cannot be run.\n`);
    process.exit(1);
  }
  const { node, built } = await setup();
  if (!built) {
    process.stderr.write(`The build has errors (above), so ${what} were not run.\n`);
    process.exit(1);
  }
  process.exit(await run(node, ['--conditions=writ-source', join(ROOT, file), ...process.argv.slice(2)], { cwd: ROOT }));
}
