import type { Command } from 'commander';
import { several, withExamples } from '../hub/options.ts';
import { findTarget } from '../hub/target.ts';
import { numberAt, textAt } from '../json.ts';
import { getToken } from '../oauth/get-token.ts';
import type { TokenWish } from '../oauth/get-token.ts';
import { Refused } from '../refused.ts';
import { printJson } from '../terminal/terminal.ts';
import type { Terminal } from '../terminal/terminal.ts';

type TokenOptions = TokenWish & { url?: string; json?: boolean };

export function registerToken(program: Command, to: Terminal): void {
  const token = program
    .command('token')
    .description('get an access token: for a person by browser or on another device, or for a client by its secret');
  token.option('--resource <uri>', 'the API or MCP server it is for').option('--scope <names>', 'ask for these scopes', several);
  token.option('--client <id>', 'the client (by browser and left out: this program registers itself)');
  token.option('--secret <secret>', 'its secret: env:NAME, file:PATH, - for stdin, or the secret itself; then no browser is needed');
  token.option('--assertion <jwt>', 'instead of a secret: a JWT that proves the client, such as its workload identity');
  token.option('--tenant <id>', 'act in this tenant').option('--device', 'log in on another device, with a code');
  token.option('--no-keep', 'neither use nor keep a login; otherwise the next time needs no browser').option('--login', 'log in anew');
  token.option('--no-open', 'print the address instead of opening a browser');
  token
    .option('--url <url>', 'the hub (default: WRIT_ISSUER, or the running "writ dev")')
    .option('--json', 'print the whole token response');
  withExamples(
    token,
    'writ token --resource http://localhost:8788/mcp',
    'writ token --client worker --secret env:WORKER_SECRET --resource http://localhost:8788/mcp --scope incidents:read',
  ).action((options: TokenOptions) => runToken(options, to));
}

async function runToken(options: TokenOptions, to: Terminal): Promise<void> {
  const { url } = findTarget({ url: options.url }, { ...to.env, WRIT_ADMIN_TOKEN: undefined });
  const answer = await getToken(url, options, to);
  if (options.json === true) return printJson(to, answer);
  const token = textAt(answer, 'access_token');
  if (token === undefined) throw new Refused('The hub answered without an access token.');
  to.print(token);
  to.note(`Good for ${numberAt(answer, 'expires_in') ?? '?'} s, scopes: ${textAt(answer, 'scope') ?? 'none named'}`);
}
