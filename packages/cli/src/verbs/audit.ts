import { createReadStream, createWriteStream, writeFileSync } from 'node:fs';
import { createInterface } from 'node:readline';
import { Readable } from 'node:stream';
import { pipeline } from 'node:stream/promises';
import type { Command } from 'commander';
import { checkExport, faultSentence } from '../audit/check.ts';
import { eventLine } from '../audit/lines.ts';
import { anchorsOf, placesOf } from '../audit/anchors.ts';
import type { Anchors } from '../audit/anchors.ts';
import { isoOf, momentOf, queryOf, withFilters } from '../audit/query.ts';
import type { EventFilter } from '../audit/query.ts';
import { follow, newest } from '../audit/tail.ts';
import { adminApi, streamOf, withQuery } from '../hub/api.ts';
import type { AdminOptions } from '../hub/api.ts';
import { asGroup, countUpTo, withExamples, withHub } from '../hub/options.ts';
import { at, numberAt, textAt } from '../json.ts';
import { findTarget, isSafeForSecrets } from '../hub/target.ts';
import { discover, getJson, reach } from '../oauth/hub-metadata.ts';
import { untilStopped } from '../terminal/stop.ts';
import { Refused } from '../refused.ts';
import { printJson, printJsonLine } from '../terminal/terminal.ts';
import { visible } from '../terminal/visible.ts';
import type { Terminal } from '../terminal/terminal.ts';

export function registerAudit(program: Command, to: Terminal): void {
  const audit = asGroup(
    program.command('audit').description('the audit trail: what happened, and proof that nothing was changed'),
    'writ audit tail -f',
    'writ audit verify',
  );
  registerTail(audit, to);
  registerSearch(audit, to);
  registerVerify(audit, to);
  registerExportOf(audit, to);
}

type Shown = AdminOptions & EventFilter & { limit: number };

const shower = (to: Terminal, json: boolean | undefined) => (event: unknown) =>
  json === true ? printJsonLine(to, event) : to.print(eventLine(to, event));

function registerTail(audit: Command, to: Terminal): void {
  const tail = audit
    .command('tail')
    .description('show the newest entries (with --json one per line)')
    .option('-f, --follow', 'go on as entries are written');
  withFilters(tail).option('-n, --limit <n>', 'start with this many', countUpTo(10_000), 20);
  withExamples(withHub(tail), 'writ audit tail -f', 'writ audit tail -f --agent agt_01J9Z').action(
    async (options: Shown & { follow?: boolean }) => {
      const api = adminApi(options, to.env);
      const show = shower(to, options.json);
      const first = await newest(api, queryOf(options), options.limit);
      first.forEach(show);
      if (options.follow === true) await untilStopped((signal) => follow(api, to, queryOf(options), first, show, signal));
    },
  );
}

function registerSearch(audit: Command, to: Terminal): void {
  const search = audit.command('search').description('find entries, newest first (with --json one per line)');
  withFilters(search).option('-n, --limit <n>', 'at most this many', countUpTo(100_000), 100);
  withExamples(withHub(search), 'writ audit search --type token.refused --since 2h').action(async (options: Shown) => {
    const { items, more } = await adminApi(options, to.env).list('events', queryOf(options), options.limit);
    items.forEach(shower(to, options.json));
    if (items.length === 0) to.note('No entries.');
    if (more) to.note(`There are more than ${options.limit}; --limit shows them.`);
  });
}

function registerVerify(audit: Command, to: Terminal): void {
  const verify = audit
    .command('verify')
    .description('recompute the hash chain: of the hub, or offline of an exported file')
    .argument('[file]', 'an export; without it the hub is asked')
    .option('--keys <file>', "with an export: check the hub's signatures with these public keys (a JWKS), which you kept apart from it")
    .option('--checkpoints <file>', 'with --keys: also hold it to the checkpoints that a sink took elsewhere (JSON lines)');
  verify.option(
    '--anchor <file or URL>',
    'also hold it to the checkpoints that the hub brought outside: needs no key, and sees what a stolen one would hide',
  );
  withExamples(
    withHub(verify),
    'writ audit verify',
    'writ audit verify trail.ndjson --keys hub-keys.json',
    'writ audit verify --anchor checkpoints.ndjson',
  ).action(async (file: string | undefined, options: AdminOptions & VerifyOptions) => {
    const answer = await verified(file, options, to);
    if (at(answer, 'ok') !== true) to.setStatus(1);
    if (options.json === true) return printJson(to, answer);
    to.print(verdict(to, answer));
    for (const line of [...unseen(answer), ...signatures(answer)]) to.print(line);
    if (file !== undefined && options.keys === undefined)
      to.note('Signatures of checkpoints were not checked: give the public keys with --keys.');
  });
}

type VerifyOptions = { keys?: string; checkpoints?: string; anchor?: string };

/** With an anchor the whole record of the hub is read here: a hub that was taken over would say of itself that all is well. */
async function verified(file: string | undefined, options: AdminOptions & VerifyOptions, to: Terminal): Promise<unknown> {
  if (file !== undefined) return checkFile(file, options);
  if (options.anchor === undefined) return adminApi(options, to.env).get('events/verify');
  const anchors = [await outside(options.anchor)];
  const text = streamOf(options, to.env, 'events/export');
  return checkExport(createInterface({ input: Readable.from(text), crlfDelay: Infinity }), { anchors });
}

/** Lines from a file, or from an address that is read as it stands. */
async function outside(place: string): Promise<Anchors> {
  if (!/^https?:\/\//i.test(place)) return linesOf(place, (lines) => placesOf(lines, place));
  if (!URL.canParse(place) || !isSafeForSecrets(new URL(place)))
    throw new Refused(`${place}: an anchor is read by https (http only on loopback), or anybody on the way could change it.`);
  const answer = await reach(place, place, { headers: { accept: 'application/x-ndjson, application/json' } });
  if (answer.status !== 200) throw new Refused(`${place} answers ${answer.status}.`);
  return placesOf((await answer.text()).split('\n'), place);
}

async function checkFile(path: string, of: VerifyOptions): Promise<unknown> {
  if (of.checkpoints !== undefined && of.keys === undefined) throw new Refused('--checkpoints needs --keys: unsigned ones prove nothing.');
  const read = of.keys === undefined ? undefined : (await import('../audit/keys.ts')).readerOf(of.keys);
  const anchors =
    read === undefined || of.checkpoints === undefined
      ? undefined
      : await linesOf(of.checkpoints, (lines) => anchorsOf(lines, read.checkpoint, of.checkpoints ?? ''));
  const all = [...(anchors === undefined ? [] : [anchors]), ...(of.anchor === undefined ? [] : [await outside(of.anchor)])];
  return linesOf(path, (lines) => checkExport(lines, { ...(read && { read }), anchors: all }));
}

async function linesOf<T>(path: string, use: (lines: AsyncIterable<string>) => Promise<T>): Promise<T> {
  const input = path === '-' ? process.stdin : createReadStream(path);
  // readline swallows the stream's own failure: without this a missing file would look like an empty one.
  const failed = new Promise<never>((_, reject) => void input.once('error', reject));
  return Promise.race([use(createInterface({ input, crlfDelay: Infinity })), failed]);
}

function verdict(to: Terminal, answer: unknown): string {
  const checked = numberAt(answer, 'checked') ?? 0;
  if (at(answer, 'ok') === true) return `${to.paint('green', 'Unbroken')}: ${checked} ${checked === 1 ? 'entry' : 'entries'} checked.`;
  const broken = at(answer, 'firstBroken');
  const sentence = faultSentence({
    line: numberAt(broken, 'line'),
    chain: textAt(broken, 'chain'),
    seq: numberAt(broken, 'seq'),
    fault: textAt(broken, 'fault'),
  });
  return `${to.paint('red', 'Broken')} after ${checked} good ones: ${sentence}.`;
}

/** An export of a part cannot speak for what lies before it. */
function unseen(answer: unknown): string[] {
  const chains = at(answer, 'chains');
  return (Array.isArray(chains) ? chains : []).flatMap((one) => {
    const from = numberAt(one, 'from') ?? 1;
    return from === 1 ? [] : [`The entries of ${textAt(one, 'chain') || 'the hub'} before number ${from} are not in this file.`];
  });
}

/** What the hub's hand under the chains said. */
function signatures(answer: unknown): string[] {
  const whole = textAt(answer, 'manifest.by');
  const under = whole === undefined ? [] : [`The file as a whole is signed by the hub, for ${whole}.`];
  const [signed, unknown] = [numberAt(answer, 'checkpoints.signed'), numberAt(answer, 'checkpoints.unknown')];
  if (signed === undefined) return under;
  const others = unknown === undefined || unknown === 0 ? '' : `; ${unknown} by keys that are not in the file of keys prove nothing`;
  return [...under, `${signed} ${signed === 1 ? 'checkpoint' : 'checkpoints'} signed by the hub agree with it${others}.`];
}

function registerExportOf(audit: Command, to: Terminal): void {
  const verb = audit
    .command('export')
    .description('write entries as JSON lines, chain by chain, signed by the hub, for "writ audit verify" and other tools');
  verb.option('-o, --output <file>', 'write to this file').option('--tenant <id>', 'only the chain of this tenant');
  verb
    .option('--since <when>', 'only from then on: 2026-11-01, or 7d ago', momentOf)
    .option('--until <when>', 'only before then', momentOf);
  verb.option('--keys <file>', 'also write the hub\'s public keys there, for "writ audit verify --keys"; keep them apart');
  withExamples(withHub(verb), 'writ audit export -o trail.ndjson --keys hub-keys.json').action(
    async (options: AdminOptions & { output?: string; tenant?: string; since?: number; until?: number; keys?: string }) => {
      const { tenant, since, until, output } = options;
      if (options.keys !== undefined) await saveKeys(findTarget(options, to.env).url, options.keys);
      const text = streamOf(options, to.env, withQuery('events/export', { tenant, since: isoOf(since), until: isoOf(until) }));
      if (output === undefined) {
        for await (const line of createInterface({ input: Readable.from(text), crlfDelay: Infinity })) to.print(visibleOn(to, line));
        return;
      }
      await pipeline(Readable.from(text), createWriteStream(output));
      to.note(`Written to ${output}.`);
    },
  );
}

/** To a file or a program as it is, byte for byte; a terminal is not to be steered by what a caller wrote. */
function visibleOn(to: Terminal, line: string): string {
  return to.isScreen ? visible(line, 'json') : line;
}

async function saveKeys(hub: string, path: string): Promise<void> {
  const { jwksUri } = await discover(hub);
  writeFileSync(path, `${JSON.stringify(await getJson(jwksUri, hub), undefined, 2)}\n`);
}
