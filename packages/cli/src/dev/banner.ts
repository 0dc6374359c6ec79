import type { Terminal } from '../terminal/terminal.ts';
import { visible } from '../terminal/visible.ts';
import { installLine, pasteCode } from './protect.ts';
import type { Protected } from './protect.ts';

/** Everything that runs, and how to reach it. */
export type Running = {
  url: string;
  /** Undefined: there is nobody yet who could open it. */
  console: string | undefined;
  dataDir: string;
  mails: string | undefined;
  logins: readonly { email: string; password: string; note: string }[] | undefined;
  sample: string | undefined;
  protected: Protected | undefined;
  /** Listens on more than loopback. */
  isExposed: boolean;
};

/** The lines that add an MCP server to the clients people have. */
export function clientLines(name: string, url: string): { name: string; line: string }[] {
  return [
    { name: 'Claude Code', line: `claude mcp add --transport http ${name} ${url}` },
    { name: 'Codex', line: `codex mcp add ${name} --url ${url}` },
    { name: 'VS Code', line: `code --add-mcp '${JSON.stringify({ name, type: 'http', url })}'` },
  ];
}

/** What `writ dev` shows once everything runs. */
export function banner(to: Pick<Terminal, 'paint'>, running: Running): string[] {
  return [
    '',
    `  ${to.paint('bold', 'Writ')} runs at ${to.paint('cyan', running.url)}`,
    '',
    ...rows(to, [
      ['Console', consoleLine(to, running.console)],
      ['Mails', running.mails === undefined ? undefined : `${running.mails}  ${to.paint('dim', '(kept here, never sent)')}`],
      ['Data', visible(running.dataDir)],
    ]),
    ...loginLines(to, running),
    ...sampleLines(to, running.sample),
    ...protectLines(to, running),
    '',
    `  ${to.paint('dim', 'Ctrl-C stops everything. What you configured stays in the data folder.')}`,
    '',
  ];
}

function consoleLine(to: Pick<Terminal, 'paint'>, link: string | undefined): string {
  if (link === undefined) return 'npx writ user create you --email you@example.com, then: npx writ user console you';
  return `${link}  ${to.paint('dim', '(opens once, within ten minutes)')}`;
}

function rows(to: Pick<Terminal, 'paint'>, of: readonly (readonly [string, string | undefined])[]): string[] {
  return of.flatMap(([name, value]) => (value === undefined ? [] : [`  ${to.paint('dim', name.padEnd(14))}${value}`]));
}

function loginLines(to: Pick<Terminal, 'paint'>, { logins, isExposed }: Running): string[] {
  if (logins === undefined) return [];
  const lines = rows(
    to,
    logins.map(({ email, password, note }, index) => [
      index === 0 ? 'Log in as' : '',
      `${email}  ${password}  ${to.paint('dim', `(${note})`)}`,
    ]),
  );
  const warning = `  ${to.paint('red', 'These passwords are public, and WRIT_HOST opens this hub to the network.')}`;
  return ['', ...lines, ...(isExposed ? [warning] : [])];
}

function sampleLines(to: Pick<Terminal, 'paint'>, sample: string | undefined): string[] {
  if (sample === undefined) return [];
  const adds = clientLines('acme', sample).map(({ name, line }) => [name, line] as const);
  return ['', `  A sample MCP server is protected at ${to.paint('cyan', sample)}. Add it to a client:`, '', ...rows(to, adds)];
}

function protectLines(to: Pick<Terminal, 'paint'>, { url, protected: guarded }: Running): string[] {
  if (guarded === undefined) return [];
  const secret =
    guarded.secret === undefined
      ? `npx writ client rotate-secret ${guarded.clientId}   ${to.paint('dim', '# shows a new one')}`
      : `export HUB_CLIENT_SECRET=${guarded.secret}`;
  return [
    '',
    `  Your server ${to.paint('cyan', visible(guarded.url))} is resource ${to.paint('bold', guarded.id)} now. In its project (Hono: sdk-hono):`,
    '',
    `    ${visible(installLine())}`,
    '',
    '  paste into the server:',
    '',
    ...pasteCode(url, guarded).map((line) => `    ${visible(line)}`.trimEnd()),
    '',
    `  and give it its secret${guarded.secret === undefined ? '' : to.paint('dim', ' (shown this once)')}:`,
    '',
    `    ${secret}`,
    '',
    '  Then add it to a client:',
    ...rows(
      to,
      clientLines(guarded.id, guarded.url).map(({ name, line }) => [name, visible(line)] as const),
    ),
    `  ${to.paint('dim', `npx writ doctor ${visible(guarded.url)}  tells what is still missing.`)}`,
  ];
}
