import type { DetailType } from './detail.ts';

/** How much harm a scope can do; decides order and colour on the consent page. */
export type Risk = 'low' | 'elevated' | 'high';

/**
 * permission: needs the user to hold the permission of the same name where one is declared; attribute: releases user data;
 * connection: needs scopes of a downstream connection.
 */
export type ScopeKind = 'permission' | 'attribute' | 'connection';

export type Scope = {
  name: string;
  title: string;
  description: string;
  risk: Risk;
  /** A required scope is granted with the consent or not at all; the user cannot untick it. */
  required: boolean;
  kind: ScopeKind;
  /** Needs a second factor before consent. */
  stepUp: boolean;
};

export type Tool = { name: string; scopes: readonly string[] };

export type Registration = { cimd: { enabled: boolean; hosts: readonly string[] }; dcr: { enabled: boolean } };

/** How access tokens may be signed (RFC 7518 §3.1, RFC 8037 §3.1); absent: ES256. */
export const TOKEN_ALGS = ['ES256', 'EdDSA', 'RS256'] as const;

/**
 * Seconds where a time. `onExcess` says what happens to scopes beyond policy. `claimAliases: descope` adds `dct` and `tenants`.
 * `signingAlg`: for verifiers that know no ES256. `dpop`: its tokens are bound to a key (RFC 9449); `nonce`: and the proof holds a nonce of ours.
 */
export type ResourceSettings = {
  accessTokenTtl?: number;
  onExcess: 'narrow' | 'reject';
  claimAliases?: 'descope';
  signingAlg?: (typeof TOKEN_ALGS)[number];
  dpop?: 'required' | 'nonce';
  external?: External;
};

/** Which authorization server guards an external resource, and under which ids it knows our clients. Who is not listed gets nothing for it. */
export type External = { authorizationServer: string; clients: Readonly<Record<string, string>> };

/** What stands behind the proxy of one name; `connection` undefined: nothing. */
export type Proxied = {
  connection:
    | {
        id: string;
        name?: string | undefined;
        type: string;
        tags: readonly string[];
        tenants: readonly string[];
        scopes: readonly string[];
      }
    | undefined;
};

/** A protected API or MCP server. `uri` is its identifier and the one audience of its tokens, to the letter. */
export type Resource = {
  id: string;
  /** `external`: guarded by another authorization server; this hub issues identity assertions for it (ID-JAG) and no access tokens. */
  type: 'mcp' | 'api' | 'external';
  uri: string;
  aliases: readonly string[];
  name: string;
  scopes: readonly Scope[];
  tools: readonly Tool[];
  /** What can be allowed here in detail (RFC 9396). */
  detailTypes?: readonly DetailType[];
  tags: readonly string[];
  registration: Registration;
  settings: ResourceSettings;
  /** It is the proxy of a connection: the rules of the connection decide, not those of resources (proxied.ts). */
  proxied?: Proxied;
  version: number;
  createdAt: number;
};
