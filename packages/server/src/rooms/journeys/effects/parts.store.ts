import type { Connection } from '../../connections/connection.ts';
import type { ConnectLinks } from '../../connections/connect.store.ts';
import type { EventOrigin } from '../../audit/event.ts';
import type { Passkeys } from '../../users/passkey.store.ts';
import type { setFirstPassword } from '../../users/password.store.ts';
import type { User } from '../../users/user.ts';

/** What the pages of authored nodes need besides what all pages do. */
export type AuthoredParts = {
  passkeys: Pick<Passkeys, 'creation' | 'enrol'>;
  setFirstPassword(of: { user: User; password: string; origin: EventOrigin }): ReturnType<typeof setFirstPassword>;
  connections: { byId(id: string): Connection | undefined };
  connectLinks: Pick<ConnectLinks, 'make'>;
};
