import type { z } from 'zod';
import type { Inbound, Reply } from './message.ts';

export type Method = 'GET' | 'POST' | 'PUT' | 'PATCH' | 'DELETE';

/**
 * Who may call. `admin:<room>:read|write` is kept by the admin door before the handler runs; the others name the proof that the handler
 * itself demands, so that the route table can be walked with every other kind of principal.
 */
export type Access = 'public' | 'client' | 'token' | 'browser' | 'user' | 'link' | `admin:${string}:read` | `admin:${string}:write`;

/** Who an admin call comes from. */
export type AdminPrincipal = {
  kind: 'admin-token' | 'token' | 'session';
  id: string;
  scopes: 'all' | ReadonlySet<string>;
  user?: string;
  client?: string;
  /** Of a session that a link opened: who had a hand in making it (`user:<id>`, `client:<id>`, `hub`). */
  madeBy?: readonly string[];
};

export type Call<Body = unknown, Query = unknown> = {
  request: Inbound;
  /** Path parameters, percent-decoded once. */
  params: Readonly<Record<string, string>>;
  now: number;
  /** Parsed by the route's schema (admin routes); `undefined` elsewhere. */
  body: Body;
  query: Query;
  /** Set on admin routes. */
  admin?: AdminPrincipal;
};

/** One line of the route table: the tests walk it, the OpenAPI document is made from it. */
export type Route<Body = unknown, Query = unknown> = {
  method: Method;
  /** `/oauth/token`, `/admin/v1/clients/:id`. */
  path: string;
  access: Access;
  /** Event types that this route may write, or why it writes none. */
  audit: readonly [string, ...string[]] | { none: string };
  summary: string;
  /** Bytes of body read at most; larger is 413. Default 64 KiB. */
  maxBody?: number;
  /** `open`: the body is not read but handed on (`Inbound.open`), of whatever kind and length; the handler bounds it. */
  body?: 'open';
  /** `any`: readable from any origin without credentials. Default: no CORS at all. */
  cors?: 'any';
  input?: { body?: z.ZodType<Body>; query?: z.ZodType<Query> };
  /** Answer by status, for OpenAPI. */
  output?: Record<number, z.ZodType | string>;
  handle(call: Call<Body, Query>): Promise<Reply> | Reply;
};

/**
 * Declares a route with its body and query types inferred from the schemas. The table itself holds routes of unknown input:
 * sound because whoever calls `handle` parses the input by the same route's schema first.
 */
export function route<Body = undefined, Query = undefined>(of: Route<Body, Query>): Route {
  return of;
}
