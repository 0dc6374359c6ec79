import type { Command } from 'commander';
import { adminApi } from '../hub/api.ts';
import type { AdminOptions } from '../hub/api.ts';
import { showList } from '../hub/list.ts';
import { asGroup, withExamples, withHub } from '../hub/options.ts';
import { at, isObject, listAt, parseJson, textAt, textsAt } from '../json.ts';
import { Refused } from '../refused.ts';
import { readSecret } from '../terminal/secret.ts';
import { facts } from '../terminal/table.ts';
import type { Column } from '../terminal/table.ts';
import { printJson } from '../terminal/terminal.ts';
import type { Terminal } from '../terminal/terminal.ts';
import { visible } from '../terminal/visible.ts';

const COLUMNS: readonly Column<unknown>[] = [
  ['TRUST', (one) => textAt(one, 'id')],
  ['ISSUER', (one) => textAt(one, 'issuer')],
  ['TENANT', (one) => textAt(one, 'tenant') ?? '(hub)'],
  ['FOR', (one) => textsAt(one, 'purposes').join(' ')],
  ['PLATFORM', (one) => textAt(one, 'about.title')],
];

export function registerTrust(program: Command, to: Terminal): void {
  const trust = asGroup(
    program.command('trust').description('trusted issuers: whose word makes a workload a client, or a person a user'),
    'writ trust ls',
    'writ trust check - < token.jwt',
  );
  withExamples(withHub(trust.command('ls').description('list trusted issuers')), 'writ trust ls').action((options: AdminOptions) =>
    showList(adminApi(options, to.env), to, {
      path: 'issuers',
      query: {},
      limit: 1_000,
      columns: COLUMNS,
      json: options.json,
      none: 'No trusted issuers.',
    }),
  );
  registerCheck(trust, to);
  registerPreview(trust, to);
}

function registerCheck(trust: Command, to: Terminal): void {
  const check = trust
    .command('check')
    .description('say why a JWT matches a client or not; it is neither kept nor used up (ends with 1 when it matches nobody)')
    .argument('<jwt>', '- for stdin, env:NAME, file:PATH, or the JWT itself');
  withExamples(withHub(check), 'kubectl create token payer --audience https://hub.example | writ trust check -').action(
    async (given: string, options: AdminOptions) => {
      const answer = await adminApi(options, to.env).post('issuers/check', { jwt: await readSecret(given, to) });
      if (at(answer, 'verdict.ok') !== true) to.setStatus(1);
      if (options.json === true) return printJson(to, answer);
      for (const line of checkLines(to, answer)) to.print(line);
    },
  );
}

/** What the token says, each issuer and client with its first obstacle, and what comes of it. */
export function checkLines(to: Pick<Terminal, 'paint'>, answer: unknown): string[] {
  const line = (one: unknown, name: string): string => {
    const good = at(one, 'matches') === true;
    const words = good ? 'matches' : (textAt(one, 'sentence') ?? '');
    return `  ${good ? to.paint('green', '✓') : to.paint('red', '✗')} ${visible(name)}: ${visible(words)}`;
  };
  const [issuers, clients] = [listAt(answer, 'issuers'), listAt(answer, 'clients')];
  const good = at(answer, 'verdict.ok') === true;
  return [
    ...facts(
      to,
      ['iss', 'sub', 'aud', 'alg', 'kid', 'typ'].map((name) => [name, wordOf(at(answer, `token.${name}`))] as const),
    ),
    ...(issuers.length === 0 ? [] : ['issuers']),
    ...issuers.map((one) => line(one, `${textAt(one, 'issuer') ?? '?'} (${textAt(one, 'purpose') ?? '?'})`)),
    ...(clients.length === 0 ? [] : ['clients']),
    ...clients.map((one) => line(one, `${textAt(one, 'client') ?? '?'} by ${textAt(one, 'issuer') ?? '?'}`)),
    `${to.paint(good ? 'green' : 'red', good ? 'Good' : 'Not good')}: ${visible(textAt(answer, 'verdict.sentence') ?? '')}`,
  ];
}

function wordOf(value: unknown): string | undefined {
  if (value === undefined || typeof value === 'string') return value;
  return JSON.stringify(value);
}

function registerPreview(trust: Command, to: Terminal): void {
  const preview = trust
    .command('preview')
    .description('say which user, attributes and roles an assertion with these claims would lead to; nothing is kept')
    .argument('<id>', 'the trusted issuer')
    .requiredOption('--claims <json>', 'the claims as JSON: - for stdin, file:PATH, or the JSON itself');
  withExamples(withHub(preview), `writ trust preview acme-idp --claims '{"sub":"1","email":"ann@acme.test","groups":["sre"]}'`).action(
    async (id: string, options: AdminOptions & { claims: string }) => {
      const claims = parseJson(await readSecret(options.claims, to));
      if (!isObject(claims)) throw new Refused('The claims are no JSON object.');
      const answer = await adminApi(options, to.env).post(`issuers/${encodeURIComponent(id)}/preview`, { claims });
      if (at(answer, 'deed') === 'refused') to.setStatus(1);
      if (options.json === true) return printJson(to, answer);
      for (const line of previewLines(to, answer)) to.print(line);
    },
  );
}

const DEEDS: Readonly<Record<string, string>> = {
  known: 'known, and as the claims say',
  linked: 'known by address; would be linked',
  created: 'would be made',
  updated: 'known; would be changed',
};

function previewLines(to: Pick<Terminal, 'paint'>, answer: unknown): string[] {
  const deed = textAt(answer, 'deed') ?? '';
  if (deed === 'refused') return [`${to.paint('red', 'Refused')}: ${visible(textAt(answer, 'sentence') ?? '')}`];
  return facts(to, [
    ['user', `${textAt(answer, 'user.id') ?? 'new'}: ${DEEDS[deed] ?? deed}`],
    ['address', textAt(answer, 'user.email')],
    ['name', textAt(answer, 'user.name')],
    [
      'tenants',
      listAt(answer, 'user.tenants')
        .map((one) => `${textAt(one, 'id') ?? '?'} (${textsAt(one, 'roles').join(', ')})`)
        .join(', '),
    ],
    ['roles given', textsAt(answer, 'rolesGiven').join(', ')],
    ['attributes', JSON.stringify(at(answer, 'user.attributes'))],
  ]);
}
