import { z } from 'zod';
import type { Problem } from '../../base/http/message.ts';
import type { Route } from '../../base/http/route.ts';
import { fail, ok } from '../../base/result.ts';
import { collectionRoutes, type Collection, type CollectionDeps } from '../audit/collection.http.ts';
import { resourceConfig, toResourceConfig, type ResourceConfig } from './config.ts';
import type { Resource } from './resource.ts';
import { findResource, listResources, putResource, removeResource, resourceFault } from './store.ts';

/** A resource as the admin API shows it. Times in milliseconds since the epoch. */
export const resourceView = z.object({ ...resourceConfig.shape, createdAt: z.number() }).meta({ id: 'Resource' });

export function presentResource(resource: Resource): Record<string, unknown> {
  return { ...toResourceConfig(resource), createdAt: resource.createdAt };
}

/** 409: the id or an identifier belongs to another resource. */
export function resourceTaken(fault: { field: string; message: string }): Problem {
  return { status: 409, type: 'taken', title: 'This belongs to another resource', field: fault.field, detail: fault.message };
}

/** `settled` is the catalogue's `ready`. */
export type ResourceRoutesDeps = CollectionDeps & { builtIn: readonly Resource[] };

export function resourceRoutes(deps: ResourceRoutesDeps): Route[] {
  const resources: Collection<Resource, ResourceConfig> = {
    kind: 'resource',
    plural: 'resources',
    config: resourceConfig,
    view: resourceView,
    writes: { put: ['admin.changed', 'drift.found', 'drift.returned'], remove: ['admin.changed', 'signal.sent'] },
    present: presentResource,
    idOf: (resource) => resource.id,
    list: listResources,
    find: findResource,
    async put(tx, input, by) {
      const fault = await resourceFault(tx, input, deps.builtIn);
      return fault === undefined ? ok(await putResource(tx, input, by)) : fail(resourceTaken(fault));
    },
    remove: removeResource,
  };
  return collectionRoutes(deps, resources);
}
