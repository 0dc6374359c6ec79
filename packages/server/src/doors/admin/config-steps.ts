import type { Db, Tx } from '../../base/db.ts';
import type { FieldFault } from '../../base/http/admin.ts';
import { holdName } from '../../base/lock.ts';
import type { PasswordHasher } from '../../base/passwords/hasher.ts';
import { fail, ok, type Result } from '../../base/result.ts';
import type { Author, PutOutcome } from '../../rooms/audit/author.ts';
import { putClient } from '../../rooms/clients/store.ts';
import { putPolicy, readPolicy } from '../../rooms/policies/store.ts';
import type { Resource } from '../../rooms/resources/resource.ts';
import { putResource, resourceFault } from '../../rooms/resources/store.ts';
import { putRole } from '../../rooms/tenants/role.store.ts';
import { findTenant, putTenant } from '../../rooms/tenants/store.ts';
import { prepareUser, putUser, userObstacle } from '../../rooms/users/store.ts';
import type { UserConfig } from '../../rooms/users/config.ts';
import { COLLECTIONS, idOf, type ConfigDocument } from './config-document.ts';

/** One object of a config on its way into the hub. `at` is its place in the document: `clients[2]`. */
export type Step = { kind: string; id: string; at: string; put(tx: Tx): Promise<Result<PutOutcome<unknown>, FieldFault[]>> };

export type StepDeps = { db: Db; hasher: PasswordHasher; builtIn: readonly Resource[] };

type Put = Step['put'];
type Puts = { [C in (typeof COLLECTIONS)[number]]: (one: ConfigDocument[C][number]) => Promise<Result<Put, FieldFault[]>> };

const KINDS = { tenants: 'tenant', roles: 'role', users: 'user', resources: 'resource', clients: 'client', policies: 'policy' } as const;

/** A step per object, in the order in which they can refer to each other. Hashes passwords; writes nothing. */
export async function stepsOf(deps: StepDeps, document: ConfigDocument, by: Author): Promise<Result<Step[], FieldFault[]>> {
  const puts = putsOf(deps, by);
  const steps: Step[] = [];
  const faults: FieldFault[] = [];
  for (const collection of COLLECTIONS) {
    for (const { id, at, ready } of readyIn(puts, document, collection)) {
      const put = await ready();
      if (put.ok) steps.push({ kind: KINDS[collection], id, at, put: put.value });
      else faults.push(...put.error.map(({ field, message }) => ({ field: `${at}.${field}`, message })));
    }
  }
  return faults.length > 0 ? fail(faults) : ok(steps);
}

type Ready = { id: string; at: string; ready(): Promise<Result<Put, FieldFault[]>> };

function readyIn<C extends (typeof COLLECTIONS)[number]>(puts: Puts, document: ConfigDocument, collection: C): Ready[] {
  const list: readonly ConfigDocument[C][number][] = document[collection];
  return list.map((one, index) => ({ id: idOf(one), at: `${collection}[${index}]`, ready: () => puts[collection](one) }));
}

function putsOf(deps: StepDeps, by: Author): Puts {
  const at = (put: Put) => Promise.resolve(ok(put));
  return {
    tenants: (one) =>
      at(async (tx) => {
        const before = await findTenant(tx, one.id);
        return before?.state === 'revoked' ? fail([{ field: 'id', message: 'a tenant of this id was removed, and ids are not used again' }]) : ok(await putTenant(tx, one, by));
      }),
    roles: (one) => at(async (tx) => ok(await putRole(tx, one, by))),
    users: (one) => userPut(deps, one, by),
    resources: (one) =>
      at(async (tx) => {
        const fault = await resourceFault(tx, one, deps.builtIn);
        return fault === undefined ? ok(await putResource(tx, one, by)) : fail([fault]);
      }),
    clients: (one) => at(async (tx) => ok(await putClient(tx, one, by))),
    policies: (one) =>
      at(async (tx) => {
        const read = await readPolicy(tx, one, deps.builtIn);
        return read.ok ? ok(await putPolicy(tx, read.rule, by)) : fail(read.errors.map(({ path, message }) => ({ field: path, message })));
      }),
  };
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
