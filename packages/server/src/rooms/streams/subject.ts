import { z } from 'zod';

const text = z.string().min(1).max(512);

/** Subject identifiers that are one thing (RFC 9493 §3.2, and `jwt_id` of SSF 1.0 §3.2). */
const simple = z.discriminatedUnion('format', [
  z.strictObject({ format: z.literal('iss_sub'), iss: text, sub: text }),
  z.strictObject({ format: z.literal('opaque'), id: text }),
  z.strictObject({ format: z.literal('email'), email: text }),
  z.strictObject({ format: z.literal('jwt_id'), iss: text, jti: text }),
  z.strictObject({ format: z.literal('account'), uri: text }),
  z.strictObject({ format: z.literal('uri'), uri: text }),
  z.strictObject({ format: z.literal('did'), url: text }),
  z.strictObject({ format: z.literal('phone_number'), phone_number: text }),
]);

const part = simple.optional();

/** Several that mean one principal together (SSF 1.0 §3.1). */
const complex = z.strictObject({
  format: z.literal('complex'),
  user: part,
  device: part,
  session: part,
  application: part,
  tenant: part,
  org_unit: part,
  group: part,
});

/** A subject as SSF writes it in `sub_id` and in what a receiver adds or removes. */
export const subjectId = z.union([simple, complex]);

export type SimpleSubject = z.output<typeof simple>;
export type ComplexSubject = z.output<typeof complex>;
export type SubjectId = z.output<typeof subjectId>;

/** What this hub calls its own. */
export function userSubject(issuer: string, user: string): SimpleSubject {
  return { format: 'iss_sub', iss: issuer, sub: user };
}

export function opaque(id: string): SimpleSubject {
  return { format: 'opaque', id };
}

const MEMBERS = ['user', 'device', 'session', 'application', 'tenant', 'org_unit', 'group'] as const;

/**
 * Whether a subject that a receiver named covers the one of an event (SSF 1.0 §8.1.3.1): the same; one that the event's is made of; or a complex one all of
 * whose members the event's has alike.
 */
export function covers(named: SubjectId, of: SubjectId): boolean {
  if (of.format !== 'complex') return named.format !== 'complex' && isSame(named, of);
  if (named.format !== 'complex') return MEMBERS.some((member) => of[member] !== undefined && isSame(named, of[member]));
  return MEMBERS.every((member) => {
    const [wanted, there] = [named[member], of[member]];
    return wanted === undefined || (there !== undefined && isSame(wanted, there));
  });
}

function isSame(a: SimpleSubject, b: SimpleSubject): boolean {
  return subjectKey(a) === subjectKey(b);
}

/** The same text for the same subject, whatever order its members came in. */
export function subjectKey(of: SubjectId): string {
  const parts = Object.entries(of).flatMap(([name, value]) => {
    if (value === undefined) return [];
    return [[name, typeof value === 'string' ? value : subjectKey(value)]];
  });
  return JSON.stringify(parts.sort(([a = ''], [b = '']) => (a < b ? -1 : 1)));
}
