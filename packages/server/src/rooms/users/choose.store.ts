import type { PasswordHasher } from '../../base/passwords/hasher.ts';
import { checkPassword } from '../../base/passwords/rules.ts';
import { fail, ok, type Result } from '../../base/result.ts';

/** `password`: the sentence is for the person who chose it. `busy`: nothing is wrong with it; try again. */
export type PasswordFault = { kind: 'password'; message: string } | { kind: 'busy'; retryAfter: number };

/** Judges and hashes the password somebody chose for themselves. Slow, so never inside a transaction. */
export async function choosePassword(
  hasher: PasswordHasher,
  password: string,
  of: { email: string; name?: string | undefined; product?: string | undefined },
): Promise<Result<string, PasswordFault>> {
  const { email, name = '', product = '' } = of;
  const verdict = await checkPassword(password, { email, name, product });
  if (!verdict.ok) return fail({ kind: 'password', message: verdict.message });
  const hashed = await hasher.hash(password);
  if (hashed.ok) return ok(hashed.hash);
  return fail(
    hashed.reason === 'busy'
      ? { kind: 'busy', retryAfter: 1 }
      : { kind: 'password', message: 'This password cannot be stored. Choose another.' },
  );
}
