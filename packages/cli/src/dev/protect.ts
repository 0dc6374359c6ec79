import { existsSync } from 'node:fs';
import { basename, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { listAt, textAt } from '../json.ts';
import type { AdminApi } from '../hub/api.ts';
import { Refused } from '../refused.ts';

/** A server of the user's own that the hub now guards. `secret` only when its client was made in this run: it is shown once. */
export type Protected = { url: string; id: string; scopes: readonly string[]; clientId: string; secret?: string };

/** What a server that said nothing about its scopes gets: enough to see consent and refusal at work. */
const SCOPES = [
  { name: 'mcp:read', title: 'Look at things', description: 'Use the tools that only read.', risk: 'low', required: true },
  { name: 'mcp:write', title: 'Change things', description: 'Use the tools that change something.', risk: 'elevated' },
] as const;

/**
 * Makes `address` a resource, with a policy that lets every user reach it through any agent, and a client by which the server hears of
 * revocations. What is there already stays as it is.
 */
export async function protect(api: AdminApi, address: string): Promise<Protected> {
  const url = URL.parse(address);
  if (url === null || !/^https?:$/.test(url.protocol))
    throw new Refused(`--protect takes the URL of an MCP server; "${address}" is none.`, 2);
  const known = listAt(await api.get('export'), 'resources').find((one) => textAt(one, 'uri') === address);
  const id = textAt(known, 'id') ?? idOf(url);
  const clientId = `${id}-server`;
  if (known === undefined) await api.post('apply', configOf(id, address));
  const isNew = (await api.find(`clients/${clientId}`)) === undefined;
  if (isNew)
    await api.put(`clients/${clientId}`, {
      id: clientId,
      name: `Server ${address}`,
      kind: 'service',
      grants: [],
      tags: [`resource-server:${id}`],
    });
  const secret = isNew ? textAt(await api.post(`clients/${clientId}/secrets`, { name: 'writ dev' }), 'secret') : undefined;
  const scopes = known === undefined ? SCOPES.map(({ name }) => name) : listAt(known, 'scopes').flatMap((one) => textAt(one, 'name') ?? []);
  return { url: address, id, scopes, clientId, ...(secret === undefined ? {} : { secret }) };
}

function configOf(id: string, uri: string): Readonly<Record<string, unknown>> {
  return {
    resources: [{ id, type: 'mcp', uri, scopes: SCOPES }],
    policies: [
      {
        id: `${id}-people`,
        name: 'Every user, through any agent',
        effect: 'allow',
        grants: ['authorization_code', 'device_code'],
        subject: { any: true },
        target: { resources: [id] },
        scopes: 'all',
      },
    ],
  };
}

/** `http://localhost:9000/mcp` → `localhost-9000-mcp`. */
export function idOf(url: URL): string {
  const words = `${url.host}${url.pathname}`.toLowerCase().replaceAll(/[^a-z0-9]+/g, '-');
  return words.replaceAll(/^-+|-+$/g, '').slice(0, 50);
}

/** How a project gets the SDK: from this checkout where the program runs from one, else from npm. */
export function installLine(): string {
  const packages = fileURLToPath(new URL('../../../', import.meta.url));
  const isCheckout = basename(packages) === 'packages' && existsSync(join(packages, 'sdk-express'));
  return ['npm install', ...['sdk', 'sdk-express'].map((name) => (isCheckout ? quoted(join(packages, name)) : `@writ/${name}`))].join(' ');
}

/** As one word to a shell, wherever the checkout stands. */
function quoted(path: string): string {
  return /[^\w@%+=:,./\\-]/.test(path) ? `'${path.replaceAll("'", String.raw`'\''`)}'` : path;
}

/** What to paste into the server, for Express and for Hono. (The name of the variable: the hub refuses WRIT_ names that it does not know, and both may run in one shell.) */
export function pasteCode(issuer: string, { url, scopes, clientId }: Protected): string[] {
  const { pathname } = new URL(url);
  return [
    "import { createResource } from '@writ/sdk';",
    '',
    'const resource = createResource({',
    `  issuer: '${issuer}',`,
    `  resource: '${url}',`,
    `  scopes: [${scopes.map((name) => `'${name}'`).join(', ')}],`,
    '  // With credentials the server hears of revoked agents within seconds.',
    `  credentials: { clientId: '${clientId}', clientSecret: process.env.HUB_CLIENT_SECRET ?? '' },`,
    '});',
    '',
    '// With Express:',
    "import { guard } from '@writ/sdk-express';",
    'const { metadata, authenticate } = guard(resource);',
    'app.use(metadata);',
    `app.use('${pathname}', authenticate);`,
    '',
    '// Or with Hono:',
    "import { authenticate, metadata } from '@writ/sdk-hono';",
    'app.use(metadata(resource));',
    `app.use('${pathname}', authenticate(resource));`,
  ];
}
