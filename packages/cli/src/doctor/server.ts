import { textAt, textsAt } from '../json.ts';
import { difference } from './compare.ts';
import { better, good, wrong } from './finding.ts';
import type { Finding } from './finding.ts';
import { challengeParameter, probe, wellKnown } from './probe.ts';
import type { Probe } from './probe.ts';

/** What a client learns from a protected MCP server before it has a token. */
export type ServerFacts = { url: string; anonymous: Probe; forged: Probe; announced: Probe | undefined; expected: Probe };

const INITIALIZE = JSON.stringify({
  jsonrpc: '2.0',
  id: 1,
  method: 'initialize',
  params: { protocolVersion: '2025-11-25', capabilities: {}, clientInfo: { name: 'writ doctor', version: '1' } },
});

export async function askServer(url: string): Promise<ServerFacts> {
  const post = (headers: Record<string, string>): Promise<Probe> =>
    probe(url, { method: 'POST', body: INITIALIZE, headers: { 'content-type': 'application/json', ...headers } });
  const [anonymous, forged, expected] = await Promise.all([
    post({}),
    post({ authorization: 'Bearer not-a-token' }),
    probe(wellKnown('oauth-protected-resource', url)),
  ]);
  const announced = challengeParameter(anonymous.header('www-authenticate'), 'resource_metadata');
  return {
    url,
    anonymous,
    forged,
    expected,
    announced: announced === undefined || !URL.canParse(announced) ? undefined : await probe(announced),
  };
}

/** The document that describes the server: where the challenge points, else at the well-known place. */
export function descriptionIn({ announced, expected }: ServerFacts): Probe | undefined {
  return [announced, expected].find((one) => one?.status === 200);
}

/** The hub that the server sends clients to. Clients take the first one. */
export function hubNamedBy(facts: ServerFacts): string | undefined {
  return textsAt(descriptionIn(facts)?.body, 'authorization_servers')[0];
}

/** Judges a protected MCP server from outside, without a token. `hub`: the one it should trust, when known. */
export function judgeServer(facts: ServerFacts, hub: string | undefined): Finding[] {
  const { url, anonymous } = facts;
  if (anonymous.status === 0)
    return [wrong(`Nothing answers at ${url} (${anonymous.failure}).`, 'Start the server, or check the address.')];
  const description = descriptionIn(facts);
  const findings = [
    challenge(facts),
    forgery(facts),
    exposure(facts),
    documentPlace(facts),
    ...(description === undefined ? [] : judgeDescription(url, description, hub)),
  ];
  return findings.filter((one) => one !== undefined);
}

function challenge({ url, anonymous }: ServerFacts): Finding {
  const { status } = anonymous;
  if (status !== 401) return notAChallenge(url, status);
  const header = anonymous.header('www-authenticate');
  if (header === undefined || !/^\s*bearer\b/i.test(header)) {
    return wrong(
      'It answers 401 without saying how to log in.',
      'Send "WWW-Authenticate: Bearer resource_metadata=…" (RFC 9728 §5.1); @writ/sdk does.',
    );
  }
  if (challengeParameter(header, 'resource_metadata') === undefined) {
    return better(
      'Its challenge does not say where its description is.',
      'Add resource_metadata="…" to WWW-Authenticate; without it clients guess (RFC 9728 §5.1).',
    );
  }
  return good('It answers 401 without a token and says where its description is.');
}

function notAChallenge(url: string, status: number): Finding {
  if (status >= 200 && status < 300)
    return wrong(
      `It answers ${status} without any token: it is open to everybody.`,
      'Put the SDK in front of the handler. Clients ignore a challenge that comes with 200.',
    );
  if (status === 404) return wrong(`${url} answers 404.`, 'The path of the MCP endpoint is another one (often /mcp).');
  if (status >= 300 && status < 400)
    return wrong(`It redirects (${status}).`, 'Clients do not follow redirects with a token: use the final address, also in the hub.');
  if (status === 403)
    return wrong(
      'It answers 403 without a token.',
      'A client starts to log in on 401 only. If the server checks Host or Origin, allow this name.',
    );
  return wrong(`It answers ${status} without a token; 401 was expected.`, 'Look at the log of the server.');
}

function forgery({ anonymous, forged }: ServerFacts): Finding | undefined {
  if (anonymous.status !== 401) return undefined;
  if (forged.status === 401) return good('It refuses a token that is none.');
  return wrong(
    `It answers ${forged.status} to a token that is none; 401 was expected.`,
    forged.status < 400 ? 'It does not check tokens at all.' : 'Clients get a new token on 401 only.',
  );
}

function exposure({ anonymous }: ServerFacts): Finding | undefined {
  if (anonymous.status !== 401) return undefined;
  const names = anonymous.header('access-control-expose-headers')?.toLowerCase() ?? '';
  if (names.includes('www-authenticate') || names.trim() === '*') return good('Clients in a browser can read the challenge.');
  return better(
    'Clients in a browser cannot read the challenge.',
    'Send "Access-Control-Expose-Headers: WWW-Authenticate" if such clients matter.',
  );
}

function documentPlace({ announced, expected }: ServerFacts): Finding {
  if (announced?.status === 200 && expected.status === 200) return good('Its description stands where it says, and where clients guess.');
  if (announced?.status === 200)
    return better(
      `Its description is not at ${expected.address} (${expected.status || expected.failure}).`,
      'Clients that do not read the challenge look there (RFC 9728 §3.1).',
    );
  if (announced !== undefined)
    return wrong(
      `Its challenge points to ${announced.address}, which answers ${announced.status || announced.failure}.`,
      'Serve the metadata there: in Express app.use(guard.metadata), in Hono app.use(metadata(resource)).',
    );
  if (expected.status === 200) return good(`Its description stands at ${expected.address}.`);
  return wrong(
    `It has no description (${expected.address} answers ${expected.status || expected.failure}).`,
    'Serve RFC 9728 metadata; @writ/sdk does.',
  );
}

function judgeDescription(url: string, { body, header }: Probe, hub: string | undefined): Finding[] {
  const resource = textAt(body, 'resource');
  const servers = textsAt(body, 'authorization_servers');
  const open =
    header('access-control-allow-origin') === undefined
      ? [better('Clients in a browser cannot read its description.', 'Send "Access-Control-Allow-Origin: *" with it.')]
      : [];
  return [naming(url, resource), ...trust(servers, hub), ...open];
}

function naming(url: string, resource: string | undefined): Finding {
  if (resource === undefined) return wrong('Its description names no resource.', `It must say "resource": "${url}" (RFC 9728 §2).`);
  const how = difference(url, resource);
  if (how === undefined) return good('It names itself by the address you gave.');
  return wrong(
    `You call it ${url}, it calls itself ${resource}: ${how}.`,
    'Strict clients refuse that. Use its own name everywhere, or change the resource in its configuration.',
  );
}

function trust(servers: readonly string[], hub: string | undefined): Finding[] {
  const [first] = servers;
  if (first === undefined) return [wrong('It names no authorization server.', 'authorization_servers must name the hub.')];
  if (hub === undefined) return [];
  const how = difference(hub, first);
  if (how === undefined) return [good(`It sends clients to ${hub}.`)];
  if (servers.includes(hub)) return [better(`It names ${first} before ${hub}.`, 'Most clients take the first one only.')];
  return [
    wrong(
      `It sends clients to ${first}, not to ${hub}: ${how}.`,
      'Its issuer must be the address of the hub, byte for byte; or name the other hub with --url.',
    ),
  ];
}
