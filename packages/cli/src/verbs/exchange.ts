import type { Command } from 'commander';
import { exchange } from '../oauth/exchange.ts';
import type { ExchangeOptions } from '../oauth/exchange.ts';
import { several, withExamples, withHub } from '../hub/options.ts';
import type { Terminal } from '../terminal/terminal.ts';

export function registerExchange(program: Command, to: Terminal): void {
  const verb = program.command('exchange').description('exchange a token for one of another audience and fewer scopes (RFC 8693)');
  verb
    .requiredOption('--subject <token>', 'the token that came in: - for stdin, env:NAME, file:PATH, or the token itself')
    .requiredOption('--resource <uri>', 'the API or MCP server the new token is for, or urn:writ:connection:<id>')
    .option('--scope <names>', 'ask for these scopes', several)
    .option('--client <id>', 'the client that exchanges: the server the token was made for, or who got it')
    .option('--secret <secret>', 'its secret: env:NAME, file:PATH, - for stdin, or the secret itself')
    .option('--assertion <jwt>', 'instead of a secret: a JWT that proves the client, such as its workload identity')
    .option('--actor <token>', "the client's own token, where one is to go with it")
    .option('--explain', 'say by which rules it was decided (asks the admin API)');
  withExamples(
    withHub(verb),
    'writ exchange --subject env:INCOMING --resource http://localhost:9011/ledger --client expenses --secret env:SECRET',
    'writ exchange --subject - --resource urn:writ:connection:calendar --client ops --secret env:SECRET --explain',
  ).action((options: ExchangeOptions) => exchange(options, to));
}
