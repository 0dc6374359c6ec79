import { z } from 'zod';
import type { EventDraft } from '../audit/event.ts';
import type { Called, Calling } from './called.store.ts';

/** The members by which lists of what is stopped say what people know it by. */
export const calledView = {
  name: z.string().nullable().describe('Of a user the e-mail; of an agent and of a grant the name of the client; null when it is gone'),
  actsFor: z
    .object({ kind: z.enum(['user', 'tenant']), id: z.string(), name: z.string().nullable() })
    .nullable()
    .describe('Whom the agent acts for, or whose grant it is; null of an agent that acts for itself, and of all else'),
};

export function presentCalled({ name, actsFor }: Called) {
  return { name: name ?? null, actsFor: actsFor === undefined ? null : { kind: actsFor.kind, id: actsFor.id, name: actsFor.name ?? null } };
}

/** Who did something; `name`: of the user the e-mail, or of the client, where either is still there. */
export const actorView = z.object({ user: z.string().optional(), client: z.string().optional(), name: z.string().optional() });

type Actor = EventDraft['actor'];

/** What to ask the names of. */
export function accountsOf({ user, client }: Actor): { kind: 'user' | 'client'; id: string }[] {
  if (user !== undefined) return [{ kind: 'user', id: user }];
  return client === undefined ? [] : [{ kind: 'client', id: client }];
}

export function presentActor(actor: Actor, called?: Calling): z.infer<typeof actorView> {
  const { user, client } = actor;
  const [name] = accountsOf(actor).map((account) => called?.(account).name);
  return {
    ...(user === undefined ? {} : { user }),
    ...(client === undefined ? {} : { client }),
    ...(name === undefined ? {} : { name }),
  };
}
