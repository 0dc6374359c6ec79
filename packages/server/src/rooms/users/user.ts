import type { State } from '../tenants/tenant.ts';

/** A person. The e-mail address is compared by `emailKey` only. */
export type User = {
  id: string;
  email: string;
  emailVerifiedAt?: number;
  name?: string;
  /** argon2id in PHC form; absent: no password, codes only. */
  passwordHash?: string;
  attributes: Readonly<Record<string, unknown>>;
  state: State;
  tenants: readonly { id: string; roles: readonly string[] }[];
  version: number;
  createdAt: number;
};

/** A login at the hub, held by one browser. */
export type Session = {
  id: string;
  userId: string;
  /** When the user last proved who they are. */
  authTime: number;
  /** RFC 8176 method words: pwd, otp, … */
  amr: readonly string[];
  acr: string;
  purpose: 'user' | 'admin';
  createdAt: number;
  expiresAt: number;
};
