import { z } from 'zod';
import type { Clock } from '../../base/clock.ts';
import type { Db } from '../../base/db.ts';
import { newId } from '../../base/ids.ts';
import { fail, ok, type Result } from '../../base/result.ts';
import type { SecretBox } from '../../base/secretbox.ts';
import type { Connection } from './connection.ts';
import { LINK_MS, linkFault, personOf, type ConnectLink, type LinkAsk, type LinkFault } from './connect.ts';
import { isUsed } from './session.store.ts';

/**
 * Connect links: sealed, so that nothing is stored for one that nobody follows (an agent may ask a hundred times for what nobody connects), and
 * single-use by the row that remembers the first that led to a credential.
 */
export type ConnectLinks = {
  /** An address for a person to open. */
  make(connection: Connection, ask: LinkAsk): Result<{ url: string; link: ConnectLink }, LinkFault>;
  /** What stands in it; undefined when it is none of ours, too old or used. */
  read(token: string): Promise<{ link: ConnectLink; connection: Connection } | undefined>;
};

export type ConnectLinksDeps = {
  db: Db;
  clock: Clock;
  box: SecretBox;
  issuer: string;
  connections: { byId(id: string): Connection | undefined };
};

const CONTEXT = 'connect-link/1';

const text = z.string().max(512);
const shape = z.object({
  id: text,
  connection: text,
  owner: z.object({ user: text.optional(), tenant: text.optional(), agent: text.optional() }),
  label: text,
  scopes: z.array(text),
  person: text.optional(),
  client: text.optional(),
  returnTo: z.string().max(2_048).optional(),
  journey: text.optional(),
  expiresAt: z.number(),
});

export function createConnectLinks(deps: ConnectLinksDeps): ConnectLinks {
  const { clock, box, issuer } = deps;
  return {
    make(connection, ask) {
      const fault = linkFault(connection, ask);
      if (fault !== undefined) return fail(fault);
      const person = personOf(ask);
      const link: ConnectLink = {
        id: newId('cns', clock.now()),
        connection: connection.id,
        owner: ask.owner,
        label: ask.label ?? '',
        scopes: ask.scopes ?? [],
        ...(person === undefined ? {} : { person }),
        ...(ask.client === undefined ? {} : { client: ask.client }),
        ...(ask.returnTo === undefined ? {} : { returnTo: ask.returnTo }),
        ...(ask.journey === undefined ? {} : { journey: ask.journey }),
        expiresAt: clock.now() + LINK_MS,
      };
      return ok({ url: `${issuer}/connect/${box.seal(JSON.stringify(link), CONTEXT).toString('base64url')}`, link });
    },
    async read(token) {
      const link = opened(box, token);
      const connection = link === undefined ? undefined : deps.connections.byId(link.connection);
      if (link === undefined || connection?.state !== 'active' || link.expiresAt <= clock.now()) return undefined;
      return (await isUsed(deps.db, link.id)) ? undefined : { link, connection };
    },
  };
}

function opened(box: SecretBox, token: string): ConnectLink | undefined {
  // One spelling: base64url may say the same bytes in several ways.
  const sealed = Buffer.from(token, 'base64url');
  if (sealed.length < 40 || sealed.toString('base64url') !== token) return undefined;
  try {
    const read = shape.safeParse(JSON.parse(box.open(sealed, CONTEXT).toString('utf8')));
    return read.success ? linkOf(read.data) : undefined;
  } catch {
    // Sealed under a key that is gone, or made up: to whoever holds it, both are a link that is over.
    return undefined;
  }
}

function linkOf({ person, client, returnTo, journey, ...rest }: z.output<typeof shape>): ConnectLink {
  return {
    ...rest,
    ...(person === undefined ? {} : { person }),
    ...(client === undefined ? {} : { client }),
    ...(returnTo === undefined ? {} : { returnTo }),
    ...(journey === undefined ? {} : { journey }),
  };
}
