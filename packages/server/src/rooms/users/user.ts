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
  /** Memberships that are on hold: theirs, and good for nothing until whoever holds them lets go (hold.store.ts). */
  held?: readonly { id: string; roles: readonly string[] }[];
  version: number;
  createdAt: number;
};

/** Scopes of the admin API, or every one there is and will be. */
export type SessionScopes = 'all' | readonly string[];

/** A login at the hub, held by one browser. */
export type Session = {
  id: string;
  userId: string;
  /** When the user last proved who they are. */
  authTime: number;
  /** RFC 8176 method words: pwd, otp, … */
  amr: readonly string[];
  acr: string;
  /** By which ways: password, passkey, email_code, magic_link, totp, recovery_code, `oidc:<provider>`, `sso:<tenant>`, `external:<page>`. */
  by: readonly string[];
  purpose: 'user' | 'admin';
  /** What an administrator's session may do; nothing in a user's. */
  scopes: SessionScopes;
  /** Of one that a console link opened: who had a hand in making the link. */
  madeBy: readonly string[];
  createdAt: number;
  expiresAt: number;
};
