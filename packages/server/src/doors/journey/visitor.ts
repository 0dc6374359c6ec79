import type { Client } from '../../rooms/clients/client.ts';
import { isLoopbackRedirect } from '../../rooms/clients/redirect.ts';
import type { Visitor } from '../../rooms/journeys/view.ts';

/**
 * Who asks, by what can be known of it. `host`: where the answer goes, or for a metadata document where that stands; a name is only what
 * the client says of itself. `local`: the answer goes to a program on this computer, and nobody can say which. `goesTo`: the host of the
 * redirect URI where `host` is another; MCP wants it shown in any case, a loopback name too.
 */
export type Identity = {
  host: string;
  local: boolean;
  goesTo: string | undefined;
  name: string;
  evidence: 'verified' | 'unverified';
  because: string;
};

export function identityOf({ client, redirectUri }: Visitor): Identity {
  if (redirectUri === undefined) return identityElsewhere(client);
  const local = !redirectUri.startsWith('https://');
  const loopback = isLoopbackRedirect(redirectUri);
  const target = local ? undefined : new URL(redirectUri).host;
  const host = documentHost(client) ?? target ?? (loopback ? 'An app on this computer' : 'An app on this device');
  const shown = loopback ? new URL(redirectUri).hostname : target;
  return {
    host,
    local,
    goesTo: shown === host ? undefined : shown,
    name: client.name,
    evidence: client.status,
    because: evidenceOf(client),
  };
}

/**
 * A client that waits elsewhere sends nobody back, so no address of a redirect vouches for it. A metadata document does, and an
 * administrator's word; else all there is is a name that it gave itself.
 */
function identityElsewhere(client: Client): Identity {
  const host = documentHost(client) ?? (client.status === 'verified' ? client.name : 'An app on another device');
  return { host, local: false, goesTo: undefined, name: client.name, evidence: client.status, because: evidenceOf(client) };
}

function documentHost(client: Client): string | undefined {
  return client.registrationType === 'cimd' && URL.canParse(client.id) ? new URL(client.id).host : undefined;
}

function evidenceOf(client: Client): string {
  if (client.status === 'verified')
    return client.registrationType === 'cimd' ? 'Its address is on your administrator’s list.' : 'Your administrator registered it.';
  return 'Nobody here has checked who runs it. Go on only if you started this yourself.';
}

/**
 * Where a form of this journey may lead in the end (CSP form-action). Chromium holds every hop after a post against it, also those that the
 * client's callback adds (to another of its hosts, to a page that says "done"), so any https place is let in. The pages carry no foreign
 * markup that could put a form of its own there.
 */
export function formTargets(redirectUri: string | undefined, providers: readonly string[] = []): readonly string[] {
  return [...new Set([...targetsOf(redirectUri), ...providers])];
}

/** Where identity providers may be, and lead on to. Loopback ones are for development, and there is no secure hub that could reach them. */
export function providerTargets(issuer: string): readonly string[] {
  return ['https:', ...(issuer.startsWith('https:') ? [] : ['http://localhost:*', 'http://127.0.0.1:*'])];
}

function targetsOf(redirectUri: string | undefined): readonly string[] {
  if (redirectUri === undefined) return [];
  if (redirectUri.startsWith('https://')) return ['https:'];
  if (redirectUri.startsWith('http://')) return [new URL(redirectUri).origin, 'https:'];
  return [`${redirectUri.slice(0, redirectUri.indexOf(':'))}:`];
}
