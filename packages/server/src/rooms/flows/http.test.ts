import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { ADMIN_TOKEN, type TestHouse } from '../../../testing/house.ts';
import { drawingHub, END, flowOf, NAMED, PLAIN, SIGN_IN, type DrawingHub } from './drawing.suite.ts';

let hub: DrawingHub;
beforeAll(async () => {
  hub = await drawingHub();
});
afterAll(() => hub.close());

describe('a draft', () => {
  it('is saved with what the checks say, and changes nothing that runs', async () => {
    const answer = await hub.put('draft', flowOf([...SIGN_IN, { id: 'done', kind: 'complete' }]));
    expect([answer.status, answer.headers.get('etag')]).toEqual([201, '"1"']);
    expect(await answer.json()).toMatchObject({
      id: 'draft',
      purpose: 'authorize',
      published: null,
      ahead: true,
      builtIn: false,
      lints: [{ code: 'no_consent', severity: 'error', node: 'done', path: null }],
    });
    expect((await hub.effective('purpose=authorize')).flow).toBe('authorize');
  });

  it('keeps positions apart, and where nodes stood when they are not sent', async () => {
    await hub.put('placed', { ...PLAIN, layout: { signIn: { x: 10, y: 20 } } });
    expect(await (await hub.put('placed', NAMED)).json()).toMatchObject({ layout: { signIn: { x: 10, y: 20 } }, name: 'With a name' });
    const moved = await hub.put('placed', { ...NAMED, layout: { signIn: { x: 11, y: 20 } } });
    expect(moved.headers.get('etag')).toBe('"3"');
  });

  it('that says what is there already writes nothing', async () => {
    await hub.put('same', PLAIN);
    const answer = await hub.put('same', { ...PLAIN, nodes: PLAIN.nodes.toReversed(), start: 'identify' });
    expect([answer.status, answer.headers.get('etag')]).toEqual([200, '"1"']);
    expect(await hub.entries('same')).toHaveLength(1);
  });

  it('that cannot be read is refused by the place of each fault', async () => {
    const answer = await hub.put('bad', {
      nodes: [
        { id: 'a', kind: 'teleport' },
        { id: 'b', kind: 'http', url: 'https://{{user.id}}.evil.test/' },
        { id: 'c', kind: 'complete', extra: 1 },
      ],
    });
    expect(answer.status).toBe(400);
    const { errors } = await answer.json();
    expect(errors.map(({ field }: { field: string }) => field)).toEqual(['nodes[0].kind', 'nodes[1].url', 'nodes[2].extra']);
    expect((await hub.admin('GET', '/admin/v1/flows/bad')).status).toBe(404);
  });

  it('may be called as the API calls a deed', async () => {
    expect((await hub.put('validate', PLAIN)).status).toBe(201);
    expect((await hub.read('flows/validate')).id).toBe('validate');
  });

  it('is checked without being saved', async () => {
    const check = async (flow: unknown) => (await hub.admin('POST', '/admin/v1/flows/validate', { flow })).json();
    expect(await check({ id: 'x', ...PLAIN })).toMatchObject({ publishable: true, faults: [], lints: [] });
    expect(await check({ id: 'x', nodes: [{ id: 'a', kind: 'no' }] })).toMatchObject({
      publishable: false,
      faults: [{ path: 'nodes[0].kind' }],
    });
    expect((await hub.admin('GET', '/admin/v1/flows/x')).status).toBe(404);
  });

  it('saved by two who saw the same state: one is told that it changed', async () => {
    await hub.put('raced', PLAIN);
    const answers = await Promise.all(
      Array.from({ length: 6 }, (_, at) => hub.put('raced', { ...PLAIN, name: `Number ${at}` }, { 'if-match': '"1"' })),
    );
    expect(answers.map(({ status }) => status).sort()).toEqual([200, 412, 412, 412, 412, 412]);
  });
});

describe('publishing', () => {
  it('puts the draft in force, keeps who and when, and writes one entry', async () => {
    await hub.put('first', PLAIN);
    const answer = await hub.act('first', 'publish', { note: 'as agreed on Monday' });
    expect(await answer.json()).toMatchObject({ ahead: false, published: { version: 1, note: 'as agreed on Monday' }, version: 2 });
    const { items } = await hub.read('flows/first/versions');
    expect(items).toMatchObject([{ version: 1, by: { initiator: 'admin', client: 'writ:admin-token' }, note: 'as agreed on Monday' }]);
    expect((await hub.entries('first')).map(({ type }) => type)).toEqual(['flow.published', 'flow.changed']);
  });

  it('of what is in force already changes and records nothing', async () => {
    await hub.published('again');
    expect(await (await hub.act('again', 'publish')).json()).toMatchObject({ published: { version: 1 }, version: 2 });
    expect(await hub.entries('again')).toHaveLength(2);
  });

  it('is refused while a lint is an error, naming node and field, and nothing is in force', async () => {
    await hub.put('loose', flowOf([...SIGN_IN, { id: 'ask', kind: 'http', url: 'https://a.test/' }, ...END]));
    const answer = await hub.act('loose', 'publish');
    expect(answer.status).toBe(409);
    const said = await answer.json();
    expect(said).toMatchObject({ type: 'urn:writ:problem:flow_unfit' });
    const fields = said.errors.map(({ field }: { field: string }) => field);
    expect(fields).toContain('nodes.ask.timeout');
    expect(fields).toContain('nodes.ask.failed');
    expect(await hub.read('flows/loose')).toMatchObject({ published: null });
    expect((await hub.entries('loose')).map(({ type }) => type)).toEqual(['flow.changed']);
  });

  it('is refused where it names a connection, a provider or a subflow that is not here', async () => {
    const names = [
      [{ id: 'x', kind: 'connect', connection: 'calendar' }, 'nodes.x.connection'],
      [{ id: 'x', kind: 'authenticate', methods: ['oidc'], providers: ['nobody'] }, 'nodes.x.providers[0]'],
      [{ id: 'x', kind: 'subflow', flow: 'nowhere' }, 'nodes.x.flow'],
    ] as const;
    for (const [node, field] of names) {
      await hub.put('naming', flowOf([...SIGN_IN, node, ...END]));
      const answer = await hub.act('naming', 'publish');
      expect([answer.status, (await answer.json()).errors[0].field]).toEqual([409, field]);
    }
  });

  it('warns of approvers that are not here, and publishes', async () => {
    const ask = { id: 'ask', kind: 'requestApproval', from: { users: ['nobody'], roles: ['no-role'] }, message: 'May it?' };
    const flow = flowOf([...SIGN_IN, ask, ...END, { id: 'no', kind: 'deny', message: 'No.' }]);
    const edges = [...flow.edges.slice(0, -1), { from: 'ask', branch: 'refused', to: 'no' }];
    const answer = await hub.put('asking', { ...flow, edges });
    expect((await answer.json()).lints).toMatchObject([
      { code: 'unknown_approver', severity: 'warning', node: 'ask', path: 'from.users' },
      { code: 'unknown_approver', severity: 'warning', node: 'ask', path: 'from.roles' },
    ]);
    expect((await hub.act('asking', 'publish')).status).toBe(200);
  });

  it('copies subflows in as they are then; a later change of the inner flow is a new version of the outer one only when it is published', async () => {
    await hub.put('inner', flowOf([...SIGN_IN, { id: 'out', kind: 'complete' }], { purpose: 'sign_in' }));
    await hub.published('outer', flowOf([{ id: 'login', kind: 'subflow', flow: 'inner' }, ...END]));
    const { digest } = (await hub.read('flows/outer')).published;
    await hub.put(
      'inner',
      flowOf(
        [
          { id: 'signIn', kind: 'authenticate', methods: ['passkey'] },
          { id: 'out', kind: 'complete' },
        ],
        { purpose: 'sign_in' },
      ),
    );
    expect((await hub.read('flows/outer')).published.digest).toBe(digest);
    const flow = await hub.house.rooms.flows.version(digest);
    expect(Object.keys(flow?.graph.nodes ?? {})).toContain('login/identify');
    await hub.act('outer', 'publish');
    expect((await hub.read('flows/outer')).published).toMatchObject({ version: 2 });
  });

  it('by ten at once of the state that all have seen, on two nodes: one does, one version, one entry', async () => {
    const second = await hub.secondNode();
    await hub.put('contested', PLAIN);
    const ask = (house: TestHouse['house']) =>
      house.fetch(
        new Request(`${hub.issuer}/admin/v1/flows/contested/publish`, {
          method: 'POST',
          headers: { authorization: `Bearer ${ADMIN_TOKEN}`, 'content-type': 'application/json', 'if-match': '"1"' },
          body: '{}',
        }),
      );
    const answers = await Promise.all(Array.from({ length: 10 }, (_, at) => ask(at % 2 === 0 ? hub.house : second)));
    expect(answers.map(({ status }) => status).sort()).toEqual([200, ...Array.from({ length: 9 }, () => 412)]);
    expect((await hub.read('flows/contested/versions')).items).toHaveLength(1);
    expect((await hub.entries('contested')).filter(({ type }) => type === 'flow.published')).toHaveLength(1);
  });
});

describe('versions', () => {
  it('are compared with each other and with the draft', async () => {
    await hub.published('history', PLAIN);
    await hub.published('history', NAMED);
    await hub.put('history', flowOf([...SIGN_IN, { id: 'tenant', kind: 'selectTenant' }, ...END]));
    expect(await hub.read('flows/history/compare?from=1&to=2')).toMatchObject({
      fields: ['name'],
      nodes: { added: [], removed: [], changed: [] },
    });
    expect(await hub.read('flows/history/compare?from=2')).toMatchObject({
      to: 'draft',
      fields: ['name'],
      nodes: { added: ['tenant'] },
      lines: { added: ['signIn.next -> tenant', 'tenant.next -> consent'], removed: ['signIn.next -> consent'] },
    });
    expect((await hub.admin('GET', '/admin/v1/flows/history/compare?from=9')).status).toBe(404);
    expect((await hub.admin('GET', '/admin/v1/flows/history/compare?from=x')).status).toBe(400);
    expect(await hub.read('flows/history/versions/1')).toMatchObject({
      version: 1,
      document: { id: 'history', nodes: [{ id: 'identify' }, {}, {}, {}] },
    });
    for (const version of ['3', '0', '-1', 'x', '99999999999999999999'])
      expect((await hub.admin('GET', `/admin/v1/flows/history/versions/${version}`)).status).toBe(404);
  });

  it('come back by rollback as they ran, under a new number, and the draft stays with whoever is at work on it', async () => {
    const { published: now } = await hub.read('flows/history');
    const first = await hub.read('flows/history/versions/1');
    const answer = await (await hub.act('history', 'rollback', { version: 1 })).json();
    expect(answer).toMatchObject({ published: { version: 3, digest: first.digest, rolledBackTo: 1 }, ahead: true });
    expect(answer.nodes.map(({ id }: { id: string }) => id)).toContain('tenant');
    expect((await hub.entries('history'))[0]).toMatchObject({ type: 'flow.rolled_back', data: { rolledBackTo: 1, before: now.digest } });
    await hub.published('calm', PLAIN);
    await hub.published('calm', NAMED);
    expect(await (await hub.act('calm', 'rollback', { version: 1 })).json()).toMatchObject({ ahead: false, published: { version: 3 } });
    expect((await hub.read('flows/calm')).name).toBeUndefined();
    expect((await hub.act('calm', 'rollback', { version: 9 })).status).toBe(404);
    expect((await hub.act('calm', 'rollback', { version: 1 }, { 'if-match': '"1"' })).status).toBe(412);
  });

  it('that name what is gone cannot come back', async () => {
    await hub.apply({
      connections: [{ id: 'search', name: 'Search', type: 'api_key', header: 'x-api-key', baseUrl: 'https://search.test' }],
    });
    await hub.published('linked', flowOf([...SIGN_IN, { id: 'x', kind: 'connect', connection: 'search' }, ...END]));
    await hub.published('linked', PLAIN);
    await hub.admin('DELETE', '/admin/v1/connections/search');
    const answer = await hub.act('linked', 'rollback', { version: 1 });
    expect(answer.status).toBe(409);
    expect(await answer.json()).toMatchObject({ type: 'urn:writ:problem:version_unfit', errors: [{ field: 'nodes.x.connection' }] });
  });

  it('are exported as the same text for equal flows, which PUT reads again', async () => {
    await hub.published('texted', PLAIN);
    const text = await (await hub.admin('GET', '/admin/v1/flows/texted/export?version=1')).text();
    expect(text.endsWith('}\n')).toBe(true);
    await hub.put('texted', { ...JSON.parse(text), nodes: JSON.parse(text).nodes.toReversed() });
    expect(await (await hub.admin('GET', '/admin/v1/flows/texted/export')).text()).toBe(text);
    expect((await hub.read('flows/texted')).ahead).toBe(false);
  });
});

describe('lists', () => {
  it('are paged with the built-in flows in their places', async () => {
    const seen: string[] = [];
    let next: string | null = '';
    do {
      const page: { items: { id: string }[]; next: string | null } = await hub.read(`flows?limit=3${next === '' ? '' : `&cursor=${next}`}`);
      seen.push(...page.items.map(({ id }) => id));
      ({ next } = page);
    } while (next !== null);
    expect(seen).toEqual([...new Set(seen)].sort());
    expect(seen).toContain('registration');
    expect(seen).toContain('first');
  });

  it('of templates hold flows that are published as they are, once what they need is there', async () => {
    const { items } = await hub.read('flow-templates');
    const unfit = async (): Promise<string[]> => {
      const found: string[] = [];
      for (const { id, flow } of items) {
        await hub.put(`from-${id}`, { ...flow, id: `from-${id}` });
        if ((await hub.act(`from-${id}`, 'publish')).status !== 200) found.push(id);
      }
      return found;
    };
    expect(await unfit()).toEqual(['plan-gating', 'api-key-provisioning']);
    const secretOf = (id: string) => ({ id, hosts: ['api.example.com'], value: { value: 'a-secret-of-the-test' } });
    await hub.apply({
      connections: [{ id: 'search', name: 'Search', type: 'api_key', header: 'x-api-key', baseUrl: 'https://search.test' }],
      flowSecrets: [secretOf('provisioning'), secretOf('plan-api')],
    });
    expect(await unfit()).toEqual([]);
  });
});
