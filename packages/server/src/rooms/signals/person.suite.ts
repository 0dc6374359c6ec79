import { z } from 'zod';
import type { TestHouse } from '../../../testing/house.ts';
import { newId } from '../../base/ids.ts';

/** Proofs of administrators: of a person who signed in, of one who came by a link, of a program. */
export function createKeylessToken(hub: TestHouse) {
  const { signer } = hub.house.rooms.keys;
  /** As the hub would sign it for a person at a command line. */
  const person = (user: string, client = 'robot'): Record<string, string> => {
    const now = hub.clock.now();
    const iat = Math.floor(now / 1_000);
    const claims = {
      iss: hub.issuer,
      aud: `${hub.issuer}/admin/v1`,
      sub: user,
      client_id: client,
      scope: SCOPES,
      jti: newId('tok', now),
      txn: 'txn_1',
    };
    return { authorization: `Bearer ${signer().sign('at+jwt', { ...claims, iat, exp: iat + 600, auth_time: iat })}` };
  };
  return Object.assign(person, {
    async robot(id: string, secret: string): Promise<Record<string, string>> {
      const answer = await hub.post(
        '/oauth/token',
        { grant_type: 'client_credentials', resource: `${hub.issuer}/admin/v1`, scope: SCOPES },
        { authorization: `Basic ${Buffer.from(`${id}:${secret}`).toString('base64')}` },
      );
      return { authorization: `Bearer ${z.object({ access_token: z.string() }).parse(await answer.json()).access_token}` };
    },
    /** What the token endpoint answers a program that asks for a token there. */
    async tokenFor(id: string, secret: string, resource: string): Promise<number> {
      const authorization = `Basic ${Buffer.from(`${id}:${secret}`).toString('base64')}`;
      return (await hub.post('/oauth/token', { grant_type: 'client_credentials', resource }, { authorization })).status;
    },
    /** The console, opened for `user` by a link that `maker` had made. */
    async throughLinkOf(user: string, maker: Record<string, string>): Promise<Record<string, string>> {
      const made = await hub.house.fetch(
        new Request(`${hub.issuer}/admin/v1/users/${user}/console-link`, { method: 'POST', headers: maker }),
      );
      const { link } = z.object({ link: z.string() }).parse(await made.json());
      const path = new URL(link).pathname;
      const page = await hub.get(path);
      const knock = cookieIn(page);
      const token = /name="token" value="([^"]+)"/.exec(await page.text())?.[1] ?? '';
      const entered = await hub.post(path, { token, action: 'continue' }, { cookie: knock, origin: hub.issuer });
      const cookie = cookieIn(entered);
      const session = z.object({ csrf: z.string() }).parse(await (await hub.get('/console/session', { cookie })).json());
      return { cookie, 'x-writ-csrf': session.csrf, origin: hub.issuer };
    },
  });
}

const WRITES = ['tenants', 'clients', 'users', 'agents', 'grants', 'signals', 'console'].map((room) => `admin:${room}:write`);
const SCOPES = [...WRITES, 'admin:signals:read'].join(' ');

function cookieIn(answer: Response): string {
  return answer.headers
    .getSetCookie()
    .map((line) => line.split(';')[0] ?? '')
    .join('; ');
}
