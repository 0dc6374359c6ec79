// Programs of the system that some tests want: a browser and a Postgres server. As root on Debian they are installed; anywhere else
// it is said what will be skipped without them.
import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { delimiter, join } from 'node:path';
import { run } from './run.mjs';

const WANTED = [
  {
    what: 'a browser',
    debian: 'chromium',
    skipped: 'browser journeys',
    found: () => ['chromium', 'chromium-browser', 'google-chrome'].some(onPath),
  },
  {
    what: 'a syslog server',
    debian: 'rsyslog-openssl',
    skipped: 'sinks against rsyslog',
    found: () => ['/usr/sbin', '/sbin'].some((dir) => existsSync(join(dir, 'rsyslogd'))),
  },
  { what: 'a Postgres server', debian: 'postgresql', skipped: 'store suites on a system Postgres', found: () => postgresServer() },
];

/** Installs what is missing where it may; prints one line per program that stays missing. */
export async function provideSystem(env = process.env) {
  const missing = WANTED.filter((one) => !one.found());
  if (missing.length === 0) return;
  if (mayInstall(env)) await install(missing.map((one) => one.debian));
  for (const { what, debian, skipped } of missing.filter((one) => !one.found())) {
    process.stdout.write(`Not on this machine: ${what} (Debian package ${debian}). Skipped without it: ${skipped}.\n`);
  }
}

const mayInstall = (env) =>
  process.getuid?.() === 0 && existsSync('/etc/debian_version') && onPath('apt-get') && env.WRIT_TEST_NO_INSTALL === undefined;

async function install(packages) {
  process.stdout.write(`Installing ${packages.join(' and ')} for the tests …\n`);
  const options = { cwd: '/', env: { ...process.env, DEBIAN_FRONTEND: 'noninteractive' }, waiting: 'still installing', limitMs: 300_000 };
  const updated = await run('apt-get', ['update', '-qq'], options);
  const status = updated === 0 ? await run('apt-get', ['install', '-y', '-qq', '--no-install-recommends', ...packages], options) : updated;
  if (status !== 0) process.stdout.write(`apt-get ended with status ${status}; going on without.\n`);
}

const onPath = (name) => (process.env.PATH ?? '').split(delimiter).some((dir) => existsSync(join(dir, name)));

/** Debian keeps the server's programs off PATH; the newest version counts, and 15 is the oldest that the hub supports. */
function postgresServer() {
  if (process.env.WRIT_TEST_DATABASE_URL !== undefined || onPath('initdb')) return true;
  const versions = existsSync('/usr/lib/postgresql') ? readdirSync('/usr/lib/postgresql') : [];
  return versions.some((version) => Number(version) >= 15 && existsSync(`/usr/lib/postgresql/${version}/bin/initdb`));
}

/** Words for the heading of a test run: which machine its numbers are of. */
export function machine() {
  const os = existsSync('/etc/os-release')
    ? /^PRETTY_NAME="?(.*?)"?$/m.exec(readFileSync('/etc/os-release', 'utf8'))?.[1]
    : process.platform;
  return `${os}, ${process.arch}`;
}
