import type { Purpose } from '@writ/flow';
import { z } from 'zod';

/** What a flow can be assigned to, the narrowest first: this order is the order of precedence. */
export const TARGETS = ['client', 'resource', 'tenant', 'everywhere'] as const;
export type TargetKind = (typeof TARGETS)[number];

/** One target; `id` is empty for everywhere. */
export type Target = { kind: TargetKind; id: string };

/** One line of the table: for this purpose, at this target, this flow. */
export type Assignment = { purpose: Purpose; target: Target; flow: string };

/** Everything one flow is assigned to, by kind. */
export type Assigned = { clients: readonly string[]; resources: readonly string[]; tenants: readonly string[]; everywhere: boolean };

const ids = z.array(z.string().min(1).max(2_048)).max(1_000);

/** As the config file says it. Left out of a flow: its assignments stay as they are; `{}`: it has none. */
export const assignShape = z
  .strictObject({
    clients: ids.default([]),
    resources: ids.default([]),
    tenants: ids.default([]),
    everywhere: z.boolean().default(false),
  })
  .meta({ id: 'FlowAssigned' });

/** One target of a call: exactly one member. */
export const targetShape = z
  .union([
    z.strictObject({ client: z.string().min(1).max(2_048) }),
    z.strictObject({ resource: z.string().min(1).max(256) }),
    z.strictObject({ tenant: z.string().min(1).max(256) }),
    z.strictObject({ everywhere: z.literal(true) }),
  ])
  .meta({ id: 'FlowTarget' });

export function targetOf(input: z.output<typeof targetShape>): Target {
  if ('client' in input) return { kind: 'client', id: input.client };
  if ('resource' in input) return { kind: 'resource', id: input.resource };
  return 'tenant' in input ? { kind: 'tenant', id: input.tenant } : { kind: 'everywhere', id: '' };
}

/** The same as a call would say it. */
export function presentTarget({ kind, id }: Target): Record<string, string | true> {
  return kind === 'everywhere' ? { everywhere: true } : { [kind]: id };
}

export function targetsOf({ clients, resources, tenants, everywhere }: Assigned): Target[] {
  return [
    ...clients.map((id): Target => ({ kind: 'client', id })),
    ...resources.map((id): Target => ({ kind: 'resource', id })),
    ...tenants.map((id): Target => ({ kind: 'tenant', id })),
    ...(everywhere ? [{ kind: 'everywhere' as const, id: '' }] : []),
  ];
}

export function assignedOf(targets: readonly Target[]): Assigned {
  const of = (kind: TargetKind): string[] =>
    targets
      .filter((one) => one.kind === kind)
      .map(({ id }) => id)
      .sort();
  return { clients: of('client'), resources: of('resource'), tenants: of('tenant'), everywhere: of('everywhere').length > 0 };
}

export function isAssigned(assigned: Assigned): boolean {
  return targetsOf(assigned).length > 0;
}

/** What is known of a request when its journey begins. A tenant only where the request names one; which one a person chooses comes later. */
export type Asked = {
  purpose: Purpose;
  clientId?: string | undefined;
  resourceId?: string | undefined;
  tenantId?: string | undefined;
};

/** Assignments by their place. */
export type Assignments = ReadonlyMap<string, string>;

export function placeOfTarget(purpose: Purpose, { kind, id }: Target): string {
  return `${purpose} ${kind} ${id}`;
}

/**
 * Which flow is meant, and by what: that of the client, else of the resource, else of the tenant, else the one for everywhere. Undefined: none is
 * assigned, and the built-in flow of the purpose (or what was published in its place) runs.
 */
export function assignedTo(
  assignments: Assignments,
  { purpose, clientId, resourceId, tenantId }: Asked,
): { flow: string; by: Target } | undefined {
  const named: Readonly<Record<TargetKind, string | undefined>> = {
    client: clientId,
    resource: resourceId,
    tenant: tenantId,
    everywhere: '',
  };
  for (const kind of TARGETS) {
    const id = named[kind];
    const flow = id === undefined ? undefined : assignments.get(placeOfTarget(purpose, { kind, id }));
    if (id !== undefined && flow !== undefined) return { flow, by: { kind, id } };
  }
  return undefined;
}
