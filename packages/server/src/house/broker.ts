import type { Route } from '../base/http/route.ts';
import { brokerRoutes } from '../doors/broker/routes.ts';
import type { Rooms } from './rooms.ts';

/** The pages on which people connect accounts. */
export function brokerDoor(rooms: Rooms, issuer: string): Route[] {
  return brokerRoutes({
    ...rooms,
    issuer,
    tenant: (id) => rooms.tenants.get(id),
    clientName: async (id) => {
      const found = await rooms.clients.find(id);
      return found.ok ? found.value.name : undefined;
    },
  });
}
