import type { Command } from 'commander';
import { findingLines } from '../doctor/finding.ts';
import type { Finding } from '../doctor/finding.ts';
import { adminApi } from '../hub/api.ts';
import type { AdminOptions } from '../hub/api.ts';
import { withExamples, withHub } from '../hub/options.ts';
import { findTarget } from '../hub/target.ts';
import { textAt } from '../json.ts';
import { Refused } from '../refused.ts';
import { printJson } from '../terminal/terminal.ts';
import type { Terminal } from '../terminal/terminal.ts';

type Chapter = { title: string; findings: Finding[] };

export function registerDoctor(program: Command, to: Terminal): void {
  const doctor = program
    .command('doctor')
    .description('find out why a client cannot log in: checks the hub, and an MCP server in front of it')
    .argument('[url]', 'address of the MCP server, exactly as clients are given it');
  withExamples(withHub(doctor), 'writ doctor', 'writ doctor http://localhost:8788/mcp').action(
    (url: string | undefined, options: AdminOptions) => runDoctor(url, options, to),
  );
}

async function runDoctor(url: string | undefined, options: AdminOptions, to: Terminal): Promise<void> {
  const chapters = url === undefined ? [await lookAtHub(findTarget(options, to.env).url)] : await lookAtServer(url, options, to);
  const findings = chapters.flatMap((chapter) => chapter.findings);
  const ill = findings.filter(({ level }) => level === 'wrong').length;
  if (ill > 0) to.setStatus(1);
  if (options.json === true) return printJson(to, { ok: ill === 0, chapters });
  for (const { title, findings: found } of chapters)
    for (const line of [to.paint('bold', title), ...findingLines(to, found), '']) to.print(line);
  to.print(ill === 0 ? to.paint('green', 'Nothing is wrong.') : to.paint('red', `${ill} ${ill === 1 ? 'thing is' : 'things are'} wrong.`));
}

async function lookAtHub(url: string): Promise<Chapter> {
  const { askHub, judgeHub } = await import('../doctor/hub.ts');
  return { title: `The hub at ${url}`, findings: judgeHub(await askHub(url)) };
}

async function lookAtServer(url: string, options: AdminOptions, to: Terminal): Promise<Chapter[]> {
  const address = URL.parse(url);
  if (address === null || !/^https?:$/.test(address.protocol)) throw new Refused(`"${url}" is no http or https URL.`, 2);
  const { askServer, descriptionIn, hubNamedBy, judgeServer } = await import('../doctor/server.ts');
  const facts = await askServer(url);
  const expected = hubOf(options, to);
  const named = hubNamedBy(facts);
  const server = { title: `The server at ${url}`, findings: judgeServer(facts, expected) };
  const hub = named !== undefined && URL.canParse(named) ? named : expected;
  const chapters = hub === undefined ? [server] : [server, await lookAtHub(hub)];
  const description = descriptionIn(facts)?.body;
  return textAt(description, 'resource') === undefined || hub !== expected
    ? chapters
    : [...chapters, ...(await compareBoth(description, hub ?? '', options, to))];
}

/** The hub the person means, when they said so or one runs here; else the one that the server names is taken as meant. */
function hubOf(options: AdminOptions, to: Terminal): string | undefined {
  const { url, token } = findTarget(options, to.env);
  const isMeant = options.url !== undefined || to.env['WRIT_ISSUER'] !== undefined || token !== undefined;
  return isMeant ? url : undefined;
}

async function compareBoth(description: unknown, hub: string, options: AdminOptions, to: Terminal): Promise<Chapter[]> {
  if (findTarget(options, to.env).token === undefined) return [];
  const { judgeRegistration } = await import('../doctor/registered.ts');
  const { items } = await adminApi(options, to.env).list('resources', {}, 10_000);
  return [{ title: 'Both together', findings: judgeRegistration(items, description, hub) }];
}
