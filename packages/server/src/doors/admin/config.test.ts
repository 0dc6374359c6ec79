import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { sql } from 'kysely';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { parse } from 'yaml';
import { z } from 'zod';
import { engines } from '../../../testing/database.ts';
import { temporaryFolder } from '../../../testing/temporary.ts';
import { row } from '../../base/db.ts';
import { createPasswordHasher } from '../../base/passwords/hasher.ts';
import { localKek } from '../../base/kek/local.ts';
import { createSecretBox } from '../../base/secretbox.ts';
import { searchEvents } from '../../rooms/audit/search.store.ts';
import { hubAuthor } from '../../rooms/audit/author.ts';
import { createVault } from '../../rooms/connections/vault.store.ts';
import { createDataKeys } from '../../rooms/keys/data-keys.store.ts';
import { createPolicyDesk, type PolicyDesk } from '../../rooms/policies/desk.store.ts';
import { policyRoutes } from '../../rooms/policies/http.ts';
import { adminResource, ADMIN_RESOURCE_ID } from '../../rooms/resources/built-in.ts';
import { createCatalogue, type Catalogue } from '../../rooms/resources/catalogue.store.ts';
import { resourceRoutes } from '../../rooms/resources/http.ts';
import { tenantRoutes } from '../../rooms/tenants/http.ts';
import { ISSUER, startAdminHub, tokenWith, type AdminHub, type Answer } from './admin.suite.ts';
import type { HubSettings } from './config-settings.ts';
import { createConfigurator, type Configurator } from './configurator.ts';
import { adminOwnRoutes } from './routes.ts';
import { hubSettingsIn } from './settings.suite.ts';

const CONFIG = `
tenants: [{id: acme, name: Acme, domains: [acme.test], attributes: {plan: pro, env: {env: not-a-reference}}}]
roles: [{name: SRE, permissions: [incidents.write]}]
users: [{id: ann, email: ann@acme.test, password: {value: correct-horse-9}, tenants: [{id: acme, roles: [SRE]}], attributes: {department: ops}}]
resources:
  - id: ops
    type: mcp
    uri: http://localhost:9000/mcp
    scopes: [{name: 'incidents:read', title: Read incidents, description: See open incidents, risk: low}, {name: 'incidents:write', risk: high, stepUp: true}]
    tools: [{name: list_incidents, scopes: ['incidents:read']}]
    registration: {cimd: {enabled: true, hosts: ['*.example.com']}, dcr: {enabled: true}}
clients:
  - {id: worker, name: Reconciliation worker, kind: service, grants: [client_credentials], auth: {method: client_secret_basic, secrets: [{value: a-long-secret-of-the-worker}]}, tags: [production], owner: ann, tenants: [acme]}
  - {id: cli, name: Acme CLI, kind: cli, public: true, grants: [authorization_code, refresh_token], redirectUris: ['http://127.0.0.1/callback']}
policies:
  - id: ops-autonomous
    effect: allow
    grants: [client_credentials]
    subject: {conditions: [{key: client.tags, operator: contains, value: production}]}
    target: {resources: [ops]}
    scopes: ['incidents:read']
`;

const changeList = z.array(
  z.object({ kind: z.string(), id: z.string(), change: z.string(), fields: z.array(z.object({ field: z.string() }).loose()) }),
);

function changesIn(answer: Answer): z.infer<typeof changeList> {
  return changeList.parse(answer.body['changes']);
}

for (const engine of engines()) {
  describe(`config as code on ${engine}`, () => {
    let hub: AdminHub;
    let desk: PolicyDesk;
    let catalogue: Catalogue;
    let configurator: Configurator;
    let hubSettings: HubSettings;

    const send = (verb: 'plan' | 'apply', config: unknown, headers = {}) =>
      hub.ask(`/admin/v1/${verb}`, { method: 'POST', body: config, headers });
    const sendYaml = (verb: 'plan' | 'apply', raw: string) =>
      hub.ask(`/admin/v1/${verb}`, { method: 'POST', raw, headers: { 'content-type': 'application/yaml' } });
    const entries = async () =>
      Number(
        (
          await row(
            hub.database.db,
            sql<{ n: number }>`SELECT count(*) AS n FROM audit_events WHERE type NOT IN ('admin.read', 'admin.refused')`,
          )
        )?.n,
      );

    beforeAll(async () => {
      const builtIn = [adminResource(ISSUER)];
      hub = await startAdminHub(engine, async ({ database, feed, audit, clock }) => {
        const { db } = database;
        const onError = (error: unknown): void => {
          if (!closing) throw error;
        };
        catalogue = createCatalogue({ db, feed, onError, builtIn });
        desk = createPolicyDesk({ db, feed, onError, builtIn: builtIn.map((resource) => resource.id) });
        const settled = async (): Promise<void> => {
          await Promise.all([catalogue.ready(), desk.ready()]);
        };
        await settled();
        hubSettings = hubSettingsIn({ database, audit, feed, onError, clock });
        const keys = createDataKeys({ db, keks: { current: localKek(Buffer.alloc(32, 7)), also: [] }, clock });
        configurator = createConfigurator({
          db,
          audit,
          builtIn,
          issuer: ISSUER,
          allowLoopback: true,
          flowNetworks: [],
          dataKeys: keys,
          vault: createVault({ db, keys, clock }),
          box: createSecretBox(Buffer.alloc(32, 7)),
          hasher: createPasswordHasher(),
          hubSettings,
          settled,
          secrets: { env: { APP_SECRET: 'the-secret-of-the-environment', WRIT_KEK: 'never' }, plainValues: true },
        });
        const routes = [
          ...tenantRoutes({ db, audit, revoke: () => Promise.resolve() }),
          ...resourceRoutes({ db, audit, builtIn, settled: catalogue.ready }),
          ...policyRoutes({ db, audit, builtIn, settled: desk.ready }),
        ];
        return [...routes, ...adminOwnRoutes({ db, issuer: ISSUER, configurator, hubSettings, table: () => routes })];
      });
    });
    let closing = false;
    afterAll(() => {
      closing = true;
      return hub.close();
    });

    it('plans without touching anything, in the order of dependence', async () => {
      const before = await entries();
      const answer = await sendYaml('plan', CONFIG);
      expect(answer.status).toBe(200);
      expect(changesIn(answer).map(({ kind, id, change }) => `${change} ${kind} ${id}`)).toEqual([
        'create tenant acme',
        'create role SRE',
        'create user ann',
        'create resource ops',
        'create client worker',
        'create client cli',
        'create policy ops-autonomous',
      ]);
      expect(await entries()).toBe(before);
      expect(await row(hub.database.db, sql`SELECT 1 FROM tenants`)).toBeUndefined();
    });

    it('applies everything, each object with an entry of its own, in force when the answer is there', async () => {
      const answer = await sendYaml('apply', CONFIG);
      expect([answer.status, answer.body['warnings']]).toEqual([200, []]);
      expect(catalogue.byId('ops')?.scopes.map((scope) => scope.title)).toEqual(['Read incidents', 'Incidents: write']);
      expect(
        desk.explain({
          grant: 'client_credentials',
          target: { kind: 'resource', id: 'ops', type: 'mcp', tags: [] },
          scopes: ['incidents:read'],
          request: { time: 0 },
          delegation: { depth: 0, actors: [] },
          client: { id: 'worker', name: '', registrationType: 'manual', status: 'verified', tags: ['production'] },
        }).decision.granted,
      ).toEqual(['incidents:read']);
      const written = await searchEvents(hub.database.db, { limit: 50 });
      expect(
        written
          .filter((event) => event.outcome === 'success' && event.type !== 'admin.read')
          .map((event) => event.target?.id)
          .sort(),
      ).toEqual(['SRE', 'acme', 'ann', 'cli', 'ops', 'ops-autonomous', 'worker']);
      expect(written.find((event) => event.target?.id === 'acme')).toMatchObject({
        tenant: 'acme',
        initiator: 'admin',
        actor: { client: 'writ:admin-token' },
        data: { deed: 'created' },
      });
      expect(JSON.stringify(written)).not.toMatch(/correct-horse-9|a-long-secret-of-the-worker/);
    });

    it('changes nothing and writes nothing when applied again', async () => {
      const before = await entries();
      const answer = await sendYaml('apply', CONFIG);
      expect(new Set(changesIn(answer).map((one) => one.change))).toEqual(new Set(['none']));
      expect(await entries()).toBe(before);
    });

    it('exports what applies to nothing, in JSON and YAML, without a secret', async () => {
      const exported = await hub.ask('/admin/v1/export');
      expect(exported.text).not.toMatch(/correct-horse-9|a-long-secret|argon2|digest/);
      expect(changesIn(await send('plan', exported.body)).filter((one) => one.change !== 'none')).toEqual([]);
      const yaml = await hub.ask('/admin/v1/export', { headers: { accept: 'application/yaml' } });
      expect(parse(yaml.text)).toEqual(exported.body);
      expect(exported.body['tenants']).toMatchObject([{ attributes: { env: { env: 'not-a-reference' } } }]);
    });

    it('says which members change, with old and new', async () => {
      const answer = await send('plan', {
        tenants: [{ id: 'acme', name: 'Acme Ltd', domains: ['acme.test'], attributes: { plan: 'pro', env: { env: 'not-a-reference' } } }],
        roles: [{ name: 'SRE', permissions: [] }],
      });
      expect(answer.body['changes']).toEqual([
        { kind: 'tenant', id: 'acme', change: 'change', fields: [{ field: 'name', from: 'Acme', to: 'Acme Ltd' }] },
        { kind: 'role', id: 'SRE', change: 'change', fields: [{ field: 'permissions', from: ['incidents.write'], to: [] }] },
      ]);
    });

    it('is all or nothing: a fault in the last object undoes the first', async () => {
      const before = await entries();
      const policy = { id: 'p', effect: 'allow', subject: { any: true }, target: { resources: ['ops'] }, scopes: ['incidents:delete'] };
      const answer = await send('apply', { tenants: [{ id: 'new', name: 'New' }], policies: [policy] });
      expect(answer.status).toBe(400);
      expect(answer.body).toMatchObject({
        field: 'policies[0].scopes[0]',
        detail: expect.stringContaining('ops has no scope "incidents:delete"'),
      });
      expect((await hub.ask('/admin/v1/tenants/new')).status).toBe(404);
      expect(await entries()).toBe(before);
    });

    it.each([
      [
        'a wrong key in a condition',
        {
          policies: [
            { id: 'a', effect: 'allow', subject: { any: true }, target: { resources: 'all' }, scopes: 'all' },
            {
              id: 'p',
              effect: 'allow',
              subject: { conditions: [{ key: 'user.rolez', operator: 'contains', value: 'x' }] },
              target: { resources: 'all' },
              scopes: 'all',
            },
          ],
        },
        'policies[1].subject.conditions[0].key',
      ],
      ['an unknown member', { clients: [{ id: 'x', name: 'X', sso: true, redirectUris: ['https://x.test/cb'] }] }, 'clients[0].sso'],
      ['an unknown collection', { tenant: [] }, 'tenant'],
      ['a flow that cannot be read', { flows: [{ id: 'calendar' }] }, 'flows[0].nodes'],
      [
        'one id twice',
        {
          tenants: [
            { id: 'a', name: 'A' },
            { id: 'a', name: 'B' },
          ],
        },
        'tenants[1].id',
      ],
      [
        'a tool with a scope that is not there',
        {
          resources: [{ id: 'r', type: 'mcp', uri: 'https://r.test/mcp', scopes: [{ name: 'a' }], tools: [{ name: 't', scopes: ['b'] }] }],
        },
        'resources[0].tools[0].scopes',
      ],
      [
        'a URI that another resource has in another spelling',
        { resources: [{ id: 'r', type: 'mcp', uri: 'HTTP://LOCALHOST:9000/mcp', scopes: [{ name: 'a' }] }] },
        'resources[0].uri',
      ],
      [
        'the URI of the hub itself',
        { resources: [{ id: 'r', type: 'api', uri: `${ISSUER}/admin/v1`, scopes: [{ name: 'a' }] }] },
        'resources[0].uri',
      ],
      [
        'the id of the hub itself',
        { resources: [{ id: ADMIN_RESOURCE_ID, type: 'api', uri: 'https://r.test/', scopes: [{ name: 'a' }] }] },
        'resources[0].id',
      ],
      ['a tenant that is not there', { users: [{ id: 'u', email: 'u@acme.test', tenants: [{ id: 'nowhere' }] }] }, 'users[0].tenants'],
      ['a secret of the hub itself', { users: [{ id: 'u', email: 'u@acme.test', password: { env: 'WRIT_KEK' } }] }, 'users[0].password'],
      [
        'a variable that is not set',
        { clients: [{ id: 'x', name: 'X', kind: 'service', auth: { secrets: [{ env: 'NO_SUCH' }] } }] },
        'clients[0].auth.secrets[0]',
      ],
      ['a file by a relative path', { users: [{ id: 'u', email: 'u@acme.test', password: { file: '../secret' } }] }, 'users[0].password'],
      [
        'a file that is not there',
        { users: [{ id: 'u', email: 'u@acme.test', password: { file: '/nowhere/secret' } }] },
        'users[0].password',
      ],
      [
        'two sources of one secret',
        { users: [{ id: 'u', email: 'u@acme.test', password: { env: 'APP_SECRET', value: 'x' } }] },
        'users[0].password',
      ],
      ['a list instead of an object', [], 'body'],
    ])('refuses %s, naming the place', async (_, config, field) => {
      const answer = await send('apply', config);
      expect([answer.status, answer.body['field'], answer.body['detail']]).toEqual([400, field, expect.any(String)]);
    });

    it('takes secrets from the environment and from files', async () => {
      const folder = temporaryFolder();
      const file = join(folder.path, 'secret');
      writeFileSync(file, 'a-password-from-a-file\n');
      const config = {
        users: [{ id: 'bob', email: 'bob@acme.test', password: { file } }],
        clients: [{ id: 'app', name: 'App', kind: 'service', auth: { secrets: [{ env: 'APP_SECRET', name: 'first' }] } }],
      };
      expect((await send('apply', config)).status).toBe(200);
      const again = await send('plan', {
        users: [{ ...config.users[0], password: { value: 'a-password-from-a-file' } }],
        clients: config.clients,
      });
      expect(changesIn(again).map((one) => one.change)).toEqual(['none', 'none']);
      folder.remove();
    });

    it('warns of policies that name a scope which its resource lost, and records the loss', async () => {
      const resource = z
        .object({ resources: z.array(z.looseObject({ scopes: z.array(z.unknown()) })) })
        .parse((await hub.ask('/admin/v1/export')).body).resources[0];
      const answer = await send('apply', { resources: [{ ...resource, scopes: resource?.scopes.slice(1), tools: [] }] });
      expect(answer.body['warnings']).toEqual([
        { kind: 'policy', id: 'ops-autonomous', message: expect.stringMatching(/^scopes\[0\]: ops has no scope "incidents:read"/) },
      ]);
      const [entry] = await searchEvents(hub.database.db, { type: 'admin.changed', limit: 1 });
      expect(entry?.data).toMatchObject({ removedScopes: ['incidents:read'] });
      expect((await sendYaml('apply', CONFIG)).status).toBe(200);
    });

    it('does not let "all resources" mean the hub itself', async () => {
      const everything = { id: 'everything', effect: 'allow', subject: { any: true }, target: { resources: 'all' }, scopes: 'all' };
      expect((await send('apply', { policies: [everything] })).status).toBe(200);
      const question = {
        grant: 'client_credentials' as const,
        scopes: ['admin:users:write'],
        request: { time: 0 },
        delegation: { depth: 0, actors: [] },
        target: { kind: 'resource' as const, id: ADMIN_RESOURCE_ID, type: 'api', tags: [] },
        client: { id: 'worker', name: '', registrationType: 'manual', status: 'verified', tags: [] },
      };
      expect(desk.decide(question).decision).toMatchObject({ outcome: 'deny', reach: false });
      expect(
        (
          await hub.ask('/admin/v1/policies/named', {
            method: 'PUT',
            body: { ...everything, id: 'named', target: { resources: [ADMIN_RESOURCE_ID] }, scopes: ['admin:users:write'] },
          })
        ).status,
      ).toBe(201);
      expect(desk.decide(question).decision.granted).toEqual(['admin:users:write']);
      await hub.ask('/admin/v1/policies/named', { method: 'DELETE' });
      await hub.ask('/admin/v1/policies/everything', { method: 'DELETE' });
      expect(desk.decide(question).decision.granted).toEqual([]);
    });

    it('finds the built-in resource by its URI, but not among those to choose from', () => {
      expect(catalogue.match(`${ISSUER}/admin/v1`)?.resource.id).toBe(ADMIN_RESOURCE_ID);
      expect(catalogue.all().map((resource) => resource.id)).toEqual(['ops']);
    });

    it('needs the scope for config, and the right to write even to plan', async () => {
      expect((await send('apply', {}, tokenWith('admin:tenants:write'))).status).toBe(403);
      expect((await send('plan', {}, tokenWith('admin:config:read'))).status).toBe(403);
      expect((await hub.ask('/admin/v1/export', { headers: tokenWith('admin:config:read') })).status).toBe(200);
    });

    it('refuses YAML that unfolds, repeats members or never ends', async () => {
      for (const raw of [
        'a: &a [x]\nb: [*a, *a]',
        'tenants: []\ntenants: []',
        '['.repeat(50_000),
        'a: !!js/function x\n  - : :',
        '\u0000',
      ]) {
        expect((await sendYaml('apply', raw)).status).toBe(400);
      }
    });

    it('applies at start as the hub itself', async () => {
      const outcome = await configurator.applyFrom({ tenants: [{ id: 'start', name: 'From the start' }] }, hubAuthor('config'));
      expect(outcome.ok && outcome.value.changes.map((one) => `${one.change} ${one.id}`)).toEqual(['create start']);
      const [entry] = await searchEvents(hub.database.db, { tenant: 'start', limit: 1 });
      expect(entry).toMatchObject({ initiator: 'hub', request: 'job:config' });
    });

    it('does not lose an update: If-Match of two writers, one wins', async () => {
      const first = await hub.ask('/admin/v1/tenants/acme');
      const tag = first.headers.get('etag') ?? '';
      const put = (name: string) => hub.ask('/admin/v1/tenants/acme', { method: 'PUT', body: { name }, headers: { 'if-match': tag } });
      const statuses = (await Promise.all(Array.from({ length: 10 }, (_, n) => put(`Acme ${n}`)))).map((answer) => answer.status);
      expect(statuses.filter((status) => status === 200)).toHaveLength(1);
      expect(statuses.filter((status) => status === 412)).toHaveLength(9);
      expect((await hub.ask('/admin/v1/tenants/none', { method: 'PUT', body: { name: 'x' }, headers: { 'if-match': '*' } })).status).toBe(
        412,
      );
      expect((await hub.ask('/admin/v1/tenants/acme', { method: 'PUT', body: { id: 'other', name: 'x' } })).body).toMatchObject({
        field: 'id',
      });
    });

    it('lets one of two resources take a URI that both want at the same moment', async () => {
      const put = (id: string) =>
        hub.ask(`/admin/v1/resources/${id}`, {
          method: 'PUT',
          body: { type: 'api', uri: `https://${id}.test/`, aliases: ['https://both.test/'], scopes: [{ name: 'a' }] },
        });
      const answers = await Promise.all(['r1', 'r2', 'r3', 'r4'].map(put));
      expect(answers.map((answer) => answer.status).sort()).toEqual([201, 409, 409, 409]);
      expect(answers.find((answer) => answer.status === 409)?.body).toMatchObject({ field: 'aliases[0]' });
    });

    it('describes itself without asking who wants to know', async () => {
      const anonymous = { headers: { authorization: '' } };
      const schema = await hub.ask('/admin/v1/config.schema.json', anonymous);
      expect(Object.keys(z.record(z.string(), z.unknown()).parse(schema.body['properties']))).toEqual([
        'tenants',
        'roles',
        'users',
        'resources',
        'issuers',
        'clients',
        'connections',
        'credentials',
        'identityProviders',
        'flowSecrets',
        'policies',
        'policyTests',
        'flows',
        'sinks',
        'transmitters',
        'settings',
      ]);
      expect((await hub.ask('/.well-known/oauth-protected-resource/admin/v1', anonymous)).body).toMatchObject({
        resource: `${ISSUER}/admin/v1`,
        authorization_servers: [ISSUER],
      });
      const api = await hub.ask('/admin/v1/openapi.json', anonymous);
      expect(api.body).toMatchObject({
        openapi: '3.1.0',
        paths: { '/admin/v1/tenants/{id}': { put: { operationId: 'putTenantsById', 'x-access': 'admin:tenants:write' } } },
      });
    });
  });
}
