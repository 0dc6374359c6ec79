import { appCode, keyOn } from '../authenticator-app.ts';
import { PASSWORD } from './furniture.ts';
import type { Shown, Visitor } from './visitor.ts';
import type { World } from './world.ts';

/** Somebody with an authenticator app; its key, and the codes that were put away. It was set up by the code of now: the next is that of the next half minute. */
export async function withApp(at: World, id: string): Promise<{ email: string; key: string; recovery: string[] }> {
  const email = `${id}@acme.test`;
  await at.hub.apply({ users: [{ id, email, password: { value: PASSWORD }, tenants: [{ id: 'acme', roles: [] }] }] });
  const visitor = at.visitor();
  const page = await visitor.submit(await visitor.open('/account/security/app'), 'continue', { email, password: PASSWORD });
  const key = keyOn(page.answer.text);
  const codes = await visitor.submit(page, 'continue', { code: appCode(key, 0) });
  return { email, key, recovery: [...codes.answer.text.matchAll(/<code>([A-Z0-9]{5}-[A-Z0-9]{5})<\/code>/g)].map(([, code = '']) => code) };
}

/** Past the first factor, in a browser of its own. */
export async function atSecond(at: World, email: string): Promise<{ visitor: Visitor; shown: Shown }> {
  const visitor = at.visitor();
  return { visitor, shown: await visitor.submit(await visitor.open('/account'), 'continue', { email, password: PASSWORD }) };
}
