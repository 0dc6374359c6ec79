// npm start: whatever a fresh clone lacks, then `writ dev` with the arguments given.
import { setup } from './setup.mjs';

const { built } = await setup();
if (!built) {
  process.stderr.write('\nThe build has errors (above); nothing was started.\n');
  process.exit(1);
}
// The launcher stays in this process when this Node is new enough, and otherwise re-runs itself on the one that npm brought.
process.argv.splice(2, 0, 'dev');
await import('../packages/cli/bin/writ.mjs');
