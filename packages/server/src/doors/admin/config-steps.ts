import type { Db, Tx } from '../../base/db.ts';
import type { FieldFault } from '../../base/http/admin.ts';
import { holdName } from '../../base/lock.ts';
import type { PasswordHasher } from '../../base/passwords/hasher.ts';
import { fail, ok, type Result } from '../../base/result.ts';
import type { SecretBox } from '../../base/secretbox.ts';
import type { Author, PutOutcome } from '../../rooms/audit/author.ts';
import { putClient } from '../../rooms/clients/store.ts';
import { workloadObstacle } from '../../rooms/clients/workloads.store.ts';
import { applyConnection, applyCredential } from '../../rooms/connections/put.store.ts';
import type { Vault } from '../../rooms/connections/vault.store.ts';
import type { DataKeys } from '../../rooms/keys/data-keys.store.ts';
import { applyFlow } from '../../rooms/flows/apply.store.ts';
import type { FlowInput } from '../../rooms/flows/config.ts';
import { innerFirst } from '../../rooms/flows/order.ts';
import { issuerObstacle, putIssuer } from '../../rooms/issuers/store.ts';
import { putFlowSecret } from '../../rooms/journeys/connector/secrets.store.ts';
import { putPolicy, readPolicy } from '../../rooms/policies/store.ts';
import { putTest } from '../../rooms/policies/test.store.ts';
import type { ResourceConfig } from '../../rooms/resources/config.ts';
import type { Resource } from '../../rooms/resources/resource.ts';
import { putResource, resourceFault } from '../../rooms/resources/store.ts';
import { putSink } from '../../rooms/sinks/store.ts';
import { providerObstacle, putProvider } from '../../rooms/sso/store.ts';
import { putTransmitter } from '../../rooms/streams/transmitter.store.ts';
import type { TenantConfig } from '../../rooms/tenants/config.ts';
import { putRole } from '../../rooms/tenants/role.store.ts';
import { findTenant, putTenant } from '../../rooms/tenants/store.ts';
import { prepareUser, putUser, userObstacle } from '../../rooms/users/store.ts';
import type { UserConfig } from '../../rooms/users/config.ts';
import { listed } from './faults.ts';
import { settingPuts, type HubSettings } from './config-settings.ts';
import { idOf, type ConfigDocument } from './config-document.ts';

/** One object of a config on its way into the hub. `at` is its place in the document: `clients[2]`. */
export type Step = { kind: string; id: string; at: string; put(tx: Tx): Promise<Result<PutOutcome<unknown>, FieldFault[]>> };

export type StepDeps = {
  db: Db;
  hasher: PasswordHasher;
  builtIn: readonly Resource[];
  issuer: string;
  allowLoopback: boolean;
  flowNetworks: readonly string[];
  dataKeys: DataKeys;
  vault: Vault;
  box: SecretBox;
  hubSettings: HubSettings;
};

type Put = Step['put'];
type MakePut = () => Promise<Result<Put, FieldFault[]>>;
/** A step whose slow part (hashing a password) is still to be done. */
type Raw = Omit<Step, 'put'> & { make: MakePut };

/** A step per object, in the order in which they can refer to each other. Hashes passwords; writes nothing. */
export async function stepsOf(deps: StepDeps, document: ConfigDocument, by: Author): Promise<Result<Step[], FieldFault[]>> {
  const steps: Step[] = [];
  const faults: FieldFault[] = [];
  for (const { kind, id, at, make } of rawSteps(deps, document, by)) {
    const put = await make();
    if (put.ok) steps.push({ kind, id, at, put: put.value });
    else faults.push(...put.error.map(({ field, message }) => ({ field: `${at}.${field}`, message })));
  }
  return faults.length > 0 ? fail(faults) : ok(steps);
}

function rawSteps(deps: StepDeps, document: ConfigDocument, by: Author): Raw[] {
  const { tenants, roles, users, resources, issuers, clients, connections, credentials, identityProviders, flowSecrets } = document;
  const { policies, policyTests, flows, sinks, transmitters, settings } = document;
  return [
    ...each('tenant', 'tenants', tenants, (one) => ready((tx) => tenantPut(tx, one, by))),
    ...each('role', 'roles', roles, (one) => ready(async (tx) => ok(await putRole(tx, one, by)))),
    ...each('user', 'users', users, (one) => userPut(deps, one, by)),
    ...each('resource', 'resources', resources, (one) => ready((tx) => resourcePut(tx, one, deps, by))),
    ...each('issuer', 'issuers', issuers, (one) =>
      ready(async (tx) => {
        const fault = await issuerObstacle(tx, one, deps.issuer);
        return fault === undefined ? ok(await putIssuer(tx, one, by)) : fail([fault]);
      }),
    ),
    ...each('client', 'clients', clients, (one) =>
      ready(async (tx) => {
        const fault = await workloadObstacle(tx, one);
        return fault === undefined ? ok(await putClient(tx, one, by)) : fail([fault]);
      }),
    ),
    ...each('connection', 'connections', connections, (one) =>
      ready(async (tx) => listed(await applyConnection(tx, deps.dataKeys, one, by))),
    ),
    ...each('credential', 'credentials', credentials, (one) => ready(async (tx) => listed(await applyCredential(tx, deps.vault, one, by)))),
    ...each('identityProvider', 'identityProviders', identityProviders, (one) =>
      ready(async (tx) => {
        const fault = await providerObstacle(tx, one, deps);
        return fault === undefined ? listed(await putProvider(tx, deps.box, one, by)) : fail([fault]);
      }),
    ),
    ...each('flowSecret', 'flowSecrets', flowSecrets, (one) => ready(async (tx) => listed(await putFlowSecret(tx, deps.box, one, by)))),
    ...each('policy', 'policies', policies, (one) => ready((tx) => policyPut(tx, one, deps, by))),
    ...each('policyTest', 'policyTests', policyTests, (one) => ready(async (tx) => ok(await putTest(tx, one, by)))),
    ...flowSteps(deps, flows, by),
    ...each('sink', 'sinks', sinks, (one) => ready(async (tx) => listed(await putSink(tx, deps.box, one, by)))),
    ...each('transmitter', 'transmitters', transmitters, (one) =>
      ready(async (tx) => listed(await putTransmitter(tx, deps.box, one, { here: deps, by }))),
    ),
    ...settingPuts(deps, settings, by).map(({ id, put }) => ({ kind: 'setting', id, at: `settings.${id}`, make: () => ready(put) })),
  ];
}

/** Flows that are copied into others go first; each is still called by its place in the file. */
function flowSteps({ builtIn }: StepDeps, flows: readonly FlowInput[], by: Author): Raw[] {
  const steps = each('flow', 'flows', flows, (one) => ready((tx) => applyFlow(tx, one, by, builtIn)));
  const placed = flows.map((one, index) => ({ ...one, step: steps[index] }));
  return innerFirst(placed).flatMap(({ step }) => (step === undefined ? [] : [step]));
}

function each<T extends Parameters<typeof idOf>[0]>(
  kind: string,
  collection: string,
  list: readonly T[],
  make: (one: T) => ReturnType<MakePut>,
): Raw[] {
  return list.map((one, index) => ({ kind, id: idOf(one), at: `${collection}[${index}]`, make: () => make(one) }));
}

function ready(put: Put): ReturnType<MakePut> {
  return Promise.resolve(ok(put));
}

async function tenantPut(tx: Tx, one: TenantConfig, by: Author): ReturnType<Put> {
  const before = await findTenant(tx, one.id);
  if (before?.state === 'revoked') return fail([{ field: 'id', message: 'a tenant of this id was removed, and ids are not used again' }]);
  return ok(await putTenant(tx, one, by));
}

async function resourcePut(tx: Tx, one: ResourceConfig, { builtIn }: StepDeps, by: Author): ReturnType<Put> {
  const fault = await resourceFault(tx, one, builtIn);
  return fault === undefined ? ok(await putResource(tx, one, by)) : fail([fault]);
}

async function policyPut(tx: Tx, one: unknown, { builtIn }: StepDeps, by: Author): ReturnType<Put> {
  const read = await readPolicy(tx, one, builtIn);
  return read.ok ? ok(await putPolicy(tx, read.rule, by)) : fail(read.errors.map(({ path, message }) => ({ field: path, message })));
}

async function userPut(deps: StepDeps, one: UserConfig, by: Author): Promise<Result<Put, FieldFault[]>> {
  const prepared = await prepareUser(deps, one);
  if (!prepared.ok) return fail([prepared.error]);
  return ok(async (tx) => {
    await holdName(tx, `user ${one.id}`);
    const obstacle = await userObstacle(tx, prepared.value);
    return obstacle === undefined ? ok(await putUser(tx, prepared.value, by)) : fail([obstacle]);
  });
}
