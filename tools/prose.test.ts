import { expect, it } from 'vitest';
import { planted } from './planted.ts';
import { proseProblems } from './prose.mjs';

const world = {
  'package.json': JSON.stringify({ scripts: { start: 'x', test: 'x', bench: 'x' } }),
  'packages/server/src/base/clock.ts': '',
  'packages/server/src/rooms/clients/README.md': 'Owns `client.ts`.',
  'packages/server/src/rooms/clients/client.ts': '',
  'packages/cli/src/main.ts': "program.command('serve'); program.command('agent <verb>');",
};

it('accepts paths and commands that exist, and what only looks like one', () => {
  const page = [
    'See `packages/server/src/base/clock.ts:3`, `base/clock.ts`, `rooms/clients/`, `rooms/*/store.ts`, `package.json` and [the clock](packages/server/src/base/clock.ts#now).',
    'Types such as `application/json`, routes such as `/oauth/token`, data in `data/pg`, `@writ/server`, [a page](https://example.com/x).',
    'Run `npm run bench`, `npm test -- unit`, `npx writ serve --port 1` or `writ agent ls`.',
    'Modules such as `base/clock`, names such as `client.ts`, methods such as `tools/list`.',
    '```sh',
    'npm start',
    'writ serve',
    '```',
    '```ts',
    'writ nonsense',
    '```',
  ].join('\n');
  expect(proseProblems(planted({ ...world, 'README.md': page }))).toEqual([]);
});

it.each([
  ['a path that is gone', 'See `packages/server/src/base/gone.ts`.', 'README.md:1: packages/server/src/base/gone.ts does not exist'],
  ['a path in the server that is gone', 'See `rooms/gadgets/`.', 'README.md:1: rooms/gadgets/ does not exist'],
  ['a file that is gone', 'See `GONE.md`.', 'README.md:1: GONE.md does not exist'],
  ['a link that leads nowhere', 'See [this](docs/gone.md).', 'README.md:1: docs/gone.md does not exist'],
  ['a script that is gone', 'Run `npm run gone`.', 'README.md:1: npm script "gone" does not exist'],
  ['a step that is gone', 'Run `npm test -- gone`.', 'README.md:1: "gone" is no step of npm test'],
  ['a verb that is gone', '```sh\n$ writ gone --now\n```', 'README.md:2: writ has no verb "gone"'],
  ['a bare file name that is nowhere', 'See `gone.ts`.', 'README.md:1: gone.ts does not exist'],
  ['a word of other products', 'An inbound app is a client.', 'README.md:1: "inbound app" is not a word of this project'],
])('finds %s', (_, text, message) => {
  expect(proseProblems(planted({ ...world, 'README.md': text }))).toEqual([message]);
});

it('finds a comment that sends the reader nowhere', () => {
  const root = planted({
    ...world,
    'packages/server/src/base/db.ts': 'export {};\n/** Measured in docs/guides/gone.md, see packages/server/src/base/clock.ts. */',
  });
  expect(proseProblems(root)).toEqual(['packages/server/src/base/db.ts:2: docs/guides/gone.md does not exist']);
});

it('finds a room without its page, and an ARCHITECTURE too long to read', () => {
  const root = planted({ ...world, 'packages/server/src/rooms/tokens/token.ts': '', 'ARCHITECTURE.md': 'line\n'.repeat(151) });
  expect(proseProblems(root)).toEqual(['ARCHITECTURE.md: longer than 150 lines', 'packages/server/src/rooms/tokens: no README.md']);
});

it('finds an invariant whose number another has, and one that is named and is not there', () => {
  const root = planted({
    ...world,
    'packages/server/src/rooms/clients/README.md': 'Owns.\n\n- I0 One.\n- I1 Two.\n- I1a Three.\n- I3 Four.\n- I2 Five.\n- I3 Six.',
    'packages/server/src/rooms/clients/client.ts': '/** As promised (rooms/clients, I1a); see I4 of rooms/clients. */',
  });
  expect(proseProblems(root)).toEqual([
    'packages/server/src/rooms/clients/README.md:7: I2 stands after I3',
    'packages/server/src/rooms/clients/README.md:8: I3 stands after I3',
    'packages/server/src/rooms/clients/client.ts:1: rooms/clients has no I4',
  ]);
});

it('finds two decisions of one number, and one that calls itself by another', () => {
  const root = planted({ ...world, 'docs/decisions/0001-a.md': '# 0001 · A', 'docs/decisions/0001-b.md': '# 0002 · B' });
  expect(proseProblems(root)).toEqual([
    'docs/decisions/0001-b.md: docs/decisions/0001-a.md has its number',
    'docs/decisions/0001-b.md: its title does not begin with its number',
  ]);
});

it('finds a picture of the house that lacks a door, or has its rooms in another order', () => {
  const root = planted({
    ...world,
    'tools/floors.json': JSON.stringify({ server: 'packages/server/src', rooms: ['users', 'clients'], doors: ['oauth', 'health', 'scim'] }),
    'packages/server/src/rooms/users/README.md': 'Owns.',
    'packages/server/src/doors/oauth/routes.ts': '',
    'packages/server/src/doors/health/routes.ts': '',
    'README.md': '```\n│ doors     oauth      │\n├─┤\n│ rooms     clients → users  │\n├─┤\n```',
    'ARCHITECTURE.md':
      'one folder per domain, in this order: users,\nclients. More.\n\n| Door | Who |\n|---|---|\n| `oauth` | a |\n| `health` | b |\n\nEnd',
  });
  expect(proseProblems(root)).toEqual([
    'README.md: the picture of the doors lacks health',
    'README.md: the rooms stand in the order of tools/floors.json: users clients',
  ]);
});
