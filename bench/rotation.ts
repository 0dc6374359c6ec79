// npm run bench -- --only rotation: the key-encryption key changes while credentials are handed out. A hub on another KEK than the one that wrapped its
// data keys wraps them anew and seals every credential anew; meanwhile clients fetch credentials, and none may be refused. Writes docs/bench-rotation.md.
import { randomBytes, randomInt } from 'node:crypto';
import { writeFileSync } from 'node:fs';
import { setTimeout as sleep } from 'node:timers/promises';
import { fileURLToPath } from 'node:url';
import { askAll, basic, CC_FRONT, HAND_OUT, tokensFrom } from './cases.ts';
import { startDatabase } from './database.ts';
import { administer, placeFor, serveAt, type Place } from './hub.ts';
import { chooseLoad } from './load.ts';
import { coresOf, machineWords } from './machine.ts';
import type { Load, Measured } from './order.ts';
import type { Program } from './program.ts';
import { median } from './report.ts';
import { configOf, EXCHANGER, fill, SECRET } from './world.ts';

const PAGE = fileURLToPath(new URL('../docs/bench-rotation.md', import.meta.url));
/** In one import: a busy database must be done with it before anybody who waits for the same audit chain gives up. */
const ROWS = 250;
const TENANTS = 10;
const IMPORTS = 4;
const CONNECTIONS = 16;
const PIECE_SECONDS = 2;
/** Requests that the load chooses from by chance. */
const ASKED = 2_000;

const kek = (): string => randomBytes(32).toString('base64');

/** `credentials`: how many the vault holds; whole thousands. */
export async function benchRotation(credentials: number, say: (sentence: string) => void): Promise<void> {
  const cores = coresOf();
  const load = chooseLoad(cores?.load);
  const database = await startDatabase(cores?.load);
  // One hub after the other, on the same database; the last one runs on when something fails, unless it is stopped here.
  let running: Program | undefined;
  const serve = async (env: Readonly<Record<string, string>>): Promise<void> => {
    await running?.stop();
    running = await serveAt(place, { core: cores?.server, env });
  };
  const place = await placeFor(database, 'rotation');
  try {
    const [old, next] = [kek(), kek()];
    say(`Storing ${credentials.toLocaleString('en')} credentials …`);
    await serve({ WRIT_KEK: old });
    await administer(place, 'POST', 'apply', configOf());
    await fill(place.databaseUrl, { clients: TENANTS, tenants: TENANTS, families: 0 });
    await serve({ WRIT_KEK: old });
    await store(place, credentials);
    await serve({ WRIT_KEK: next, WRIT_KEK_ALSO: old });
    const measured = await rotate(place, { credentials, load }, say);
    // The old one is thrown away: everything opens by the new one alone.
    await serve({ WRIT_KEK: next });
    await askAll(`${place.url}/oauth/token`, await requestsAt(place, credentials));
    const page = pageOf(measured, { machine: machineWords(), database: database.words, load: load.name });
    writeFileSync(PAGE, page);
    say(`\n${page}\nWritten to docs/bench-rotation.md.`);
  } finally {
    await running?.stop();
    await database.stop();
  }
}

/** Each import in one tenant, whose audit chain it holds until its end; several tenants at once. */
async function store(place: Place, count: number): Promise<void> {
  const ofTenant = async (tenant: number): Promise<void> => {
    for (let first = tenant; first < count; first += TENANTS * ROWS) {
      const numbers = Array.from({ length: ROWS }, (_, row) => first + row * TENANTS).filter((n) => n < count);
      const credentials = numbers.map((n) => ({
        connection: 'service',
        owner: { tenant: `tenant-${tenant}` },
        label: labelOf(n),
        value: { value: `key-of-account-${n}` },
      }));
      await administer(place, 'POST', 'credentials/import', { credentials });
    }
  };
  const waiting = Array.from({ length: TENANTS }, (_, tenant) => tenant);
  const worker = async (): Promise<void> => {
    for (let tenant = waiting.shift(); tenant !== undefined; tenant = waiting.shift()) await ofTenant(tenant);
  };
  await Promise.all(Array.from({ length: IMPORTS }, worker));
}

const labelOf = (n: number): string => `account-${n}`;

/** Hand-outs of accounts by chance, each for a client of the account's tenant. */
async function requestsAt(place: Place, credentials: number): Promise<{ authorization: string; body: string }[]> {
  const tokens = await tokensFrom(`${place.url}/oauth/token`, TENANTS, CC_FRONT);
  return Array.from({ length: ASKED }, () => {
    const n = randomInt(credentials);
    const token = tokens.at(n % TENANTS) ?? '';
    return { authorization: basic(EXCHANGER, SECRET), body: `${HAND_OUT}${token}&account=${labelOf(n)}` };
  });
}

type Rotated = { credentials: number; alone: readonly Measured[]; meanwhile: readonly Measured[]; seconds: number };

async function rotate(
  place: Place,
  { credentials, load }: { credentials: number; load: Load },
  say: (sentence: string) => void,
): Promise<Rotated> {
  const requests = await requestsAt(place, credentials);
  const url = `${place.url}/oauth/token`;
  const asking = { kind: 'fixed', requests } as const;
  const piece = (): Promise<Measured> => load.run({ url, asking, seconds: PIECE_SECONDS, connections: CONNECTIONS });
  for (let warm = 0; warm < 5; warm += 1) await piece();
  const alone = [await piece(), await piece(), await piece()];
  say('Rotating …');
  const began = performance.now();
  await administer(place, 'POST', 'kek/rotate', { dataKeys: true });
  const ended = untilRotated(place).then(() => performance.now());
  const meanwhile: Measured[] = [];
  let over = false;
  // Heard here too: a failure that nobody hears ends the program at once, and its hub would run on.
  const isOver = (): void => void (over = true);
  ended.then(isOver, isOver);
  while (!over) meanwhile.push(await piece());
  return { credentials, alone, meanwhile, seconds: ((await ended) - began) / 1000 };
}

const PATIENCE_MS = 3_600_000;
/** To ask counts the whole vault. */
const LOOK_MS = 1_000;

async function untilRotated(place: Place): Promise<void> {
  for (let waited = 0; waited < PATIENCE_MS; waited += LOOK_MS) {
    const { rotation, dataKeys, secrets }: Status = JSON.parse(await administer(place, 'GET', 'kek'));
    if (rotation?.finishedAt) {
      if (dataKeys.otherKek + secrets.retiredKey > 0) throw new Error('the rotation ended before everything was done');
      return;
    }
    await sleep(LOOK_MS);
  }
  throw new Error('the rotation does not end');
}

type Status = { rotation: { finishedAt: number | null } | null; dataKeys: { otherKek: number }; secrets: { retiredKey: number } };

function pageOf({ credentials, alone, meanwhile, seconds }: Rotated, of: { machine: string; database: string; load: string }): string {
  const answered = meanwhile.reduce((sum, one) => sum + one.answered, 0);
  const failed = meanwhile.reduce((sum, one) => sum + one.failed, 0);
  const row = (name: string, pieces: readonly Measured[]): string =>
    `| ${name} | ${Math.round(median(pieces.map((one) => one.perSecond))).toLocaleString('en')} | ${median(pieces.map((one) => one.p50)).toFixed(1)} / ${median(pieces.map((one) => one.p99)).toFixed(1)} | ${pieces.reduce((sum, one) => sum + one.failed, 0)} |`;
  return `# A change of the key-encryption key under load

Written by \`npm run bench -- --only rotation\`. A vault of ${credentials.toLocaleString('en')} credentials of ${TENANTS} tenants is started with a new KEK beside the old one; \`POST /admin/v1/kek/rotate\`
with \`dataKeys\` wraps every data key by the new KEK, makes new data keys and seals every credential under them, while ${CONNECTIONS} connections fetch credentials by
token exchange, any account by chance. At the end the old KEK is thrown away, and ${ASKED.toLocaleString('en')} accounts are fetched with the new one alone.

Machine: ${of.machine}. ${of.database}. Load: ${of.load}.

The rotation took ${seconds.toFixed(0)} s: ${Math.round(credentials / seconds).toLocaleString('en')} credentials a second. Meanwhile ${answered.toLocaleString('en')} credentials were asked for; ${failed} were not handed out.

|  | hand-outs/s | p50 / p99 ms | failed |
| --- | ---: | ---: | ---: |
${row('before', alone)}
${row('during the rotation', meanwhile)}
`;
}
