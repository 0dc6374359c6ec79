import type { Members } from './rules.ts';

/**
 * Metadata documents of well-known clients, written by us from what their vendors publish: used when the live document cannot be fetched
 * (no way out of the network, or a content network that challenges servers). The live document always wins, and a difference is an event.
 */
export type PinnedDocument = { document: Members; source: string; seen: string };

const CLAUDE_DOCS = 'https://claude.com/docs/connectors/building/authentication';
const CODE_AND_REFRESH = ['authorization_code', 'refresh_token'];

const DOCUMENTS: readonly PinnedDocument[] = [
  pin(
    'https://claude.ai/oauth/mcp-oauth-client-metadata',
    'Claude',
    ['https://claude.ai/api/mcp/auth_callback', 'https://claude.com/api/mcp/auth_callback'],
    CLAUDE_DOCS,
  ),
  pin(
    'https://claude.ai/oauth/claude-code-client-metadata',
    'Claude Code',
    ['http://localhost/callback', 'http://127.0.0.1/callback'],
    CLAUDE_DOCS,
  ),
  pin(
    'https://chatgpt.com/oauth/client.json',
    'ChatGPT',
    ['https://chatgpt.com/connector_platform_oauth_redirect'],
    'https://developers.openai.com/plugins/build/auth',
    {
      token_endpoint_auth_method: 'private_key_jwt',
      token_endpoint_auth_methods_supported: ['none', 'private_key_jwt'],
      jwks_uri: 'https://chatgpt.com/oauth/jwks.json',
    },
  ),
  pin(
    'https://chatgpt.com/oauth/codex/client.json',
    'Codex',
    ['http://127.0.0.1/callback', 'http://localhost/callback'],
    'observed with Codex CLI 0.169.0',
  ),
  pin(
    'https://vscode.dev/oauth/client-metadata.json',
    'Visual Studio Code',
    ['http://127.0.0.1:33418/', 'https://vscode.dev/redirect'],
    'published at its own URL',
  ),
  pin('https://zed.dev/oauth/client-metadata.json', 'Zed', ['http://127.0.0.1/callback'], 'published at its own URL'),
  pin(
    'https://opencode.ai/oauth/opencode/client.json',
    'OpenCode',
    // The second path is the one that the program really sends, which its document does not list.
    ['http://127.0.0.1/callback', 'http://127.0.0.1/mcp/oauth/callback'],
    'published at its own URL; anomalyco/opencode#50510',
  ),
];

const BY_URL = new Map(DOCUMENTS.map((pinned) => [String(pinned.document['client_id']), pinned]));

/** Places where only the vendor itself publishes. Host alone would be too wide: some of these hosts show what users put there. */
const VENDOR_PLACES = [
  'https://claude.ai/oauth/',
  'https://chatgpt.com/oauth/',
  'https://vscode.dev/oauth/',
  'https://zed.dev/oauth/',
  'https://opencode.ai/oauth/',
  'https://www.mcpjam.com/.well-known/oauth/',
];

function pin(url: string, name: string, redirects: readonly string[], source: string, more: Members = {}): PinnedDocument {
  const base = {
    client_id: url,
    client_name: name,
    redirect_uris: redirects,
    grant_types: CODE_AND_REFRESH,
    response_types: ['code'],
    token_endpoint_auth_method: 'none',
  };
  return { document: { ...base, ...more }, source, seen: '2026-11-21' };
}

export function pinnedDocument(url: string): PinnedDocument | undefined {
  return BY_URL.get(url);
}

export const PINNED_URLS: readonly string[] = [...BY_URL.keys()];

/** Evidence that a client is who its URL says: the URL is one that the vendor controls. */
export function isVendorUrl(url: string): boolean {
  return VENDOR_PLACES.some((place) => url.startsWith(place));
}
