import type { Client } from './client.ts';

/** A tag that only an administrator can give: the client is the server of that resource. */
const SERVER_TAG = 'resource-server:';

/** Whether the client stands for this resource: it may ask about tokens made for it, and exchange them for its own calls. */
export function serves({ tags }: Pick<Client, 'tags'>, resourceId: string): boolean {
  return tags.includes(`${SERVER_TAG}${resourceId}`);
}

/** The ids of the resources that it stands for. */
export function servedBy({ tags }: Pick<Client, 'tags'>): string[] {
  return tags.filter((tag) => tag.startsWith(SERVER_TAG)).map((tag) => tag.slice(SERVER_TAG.length));
}

/** A client that is registered for some tenants acts in those; one that is registered for none is the hub's and acts in each. */
export function actsIn({ tenants }: Pick<Client, 'tenants'>, tenant: string | undefined): boolean {
  return tenants.length === 0 || (tenant !== undefined && tenants.includes(tenant));
}
