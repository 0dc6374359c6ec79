// npm start: whatever a fresh clone lacks, then `writ dev` with the arguments given. The script in package.json says `exec`, because a
// shell between npm and us would keep the signals that npm passes on.
import { join } from 'node:path';
import { runOn } from '../packages/cli/bin/run-on.mjs';
import { ROOT, setup } from './setup.mjs';

const { node, built } = await setup();
if (!built) {
  process.stderr.write('\nThe build has errors (above); nothing was started.\n');
  process.exit(1);
}
const hub = runOn(node, [join(ROOT, 'packages/cli/bin/writ.mjs'), 'dev', ...process.argv.slice(2)]);

// npm killed without a word leaves us behind; the hub must not keep the port for nobody.
const npm = process.ppid;
const watch = setInterval(() => {
  if (process.ppid === npm) return;
  clearInterval(watch);
  hub.kill('SIGTERM');
}, 500).unref();
if (process.env.npm_lifecycle_event !== 'start') clearInterval(watch);
