import { WELL_KNOWN } from '@writ/protocol';
import { at, listAt, textAt, textsAt } from '../json.ts';
import { difference } from './compare.ts';
import { better, good, wrong } from './finding.ts';
import type { Finding } from './finding.ts';
import { probe } from './probe.ts';
import type { Probe } from './probe.ts';

/** What a client would learn about a hub before it sends anybody there. */
export type HubFacts = { url: string; metadata: Probe; openid: Probe; keys: Probe | undefined; ready: Probe; now: number };

export async function askHub(url: string): Promise<HubFacts> {
  const [metadata, openid, ready] = await Promise.all([
    probe(`${url}${WELL_KNOWN.authorizationServer}`),
    probe(`${url}${WELL_KNOWN.openidConfiguration}`),
    probe(`${url}/ready`),
  ]);
  const jwks = textAt(metadata.body, 'jwks_uri');
  return { url, metadata, openid, keys: jwks === undefined || !URL.canParse(jwks) ? undefined : await probe(jwks), ready, now: Date.now() };
}

/** Judges an authorization server by what MCP clients of today demand. */
export function judgeHub(facts: HubFacts): Finding[] {
  const { url, metadata } = facts;
  if (metadata.status === 0)
    return [wrong(`Nothing answers at ${url} (${metadata.failure}).`, 'Start the hub, or check the address and the way to it.')];
  if (metadata.status !== 200) {
    return [
      wrong(
        `${metadata.address} answers ${metadata.status}.`,
        'Clients find everything from there (RFC 8414): the address is not a hub, or a proxy does not pass /.well-known/ on.',
      ),
    ];
  }
  return [
    readiness(facts),
    issuer(facts),
    openidIssuer(facts),
    pkce(facts),
    iss(facts),
    registration(facts),
    keys(facts),
    cors(facts),
    clock(facts),
  ].filter((one) => one !== undefined);
}

function readiness({ ready, url }: HubFacts): Finding {
  if (ready.status === 200) return good(`The hub at ${url} is ready.`);
  const reason = textAt(ready.body, 'reason');
  return wrong(
    `The hub says that it is not ready${reason === undefined ? '' : ` (${reason})`}.`,
    reason === 'database' ? 'Its database does not answer.' : 'Wait, or look at its log.',
  );
}

function issuer({ url, metadata }: HubFacts): Finding {
  const said = textAt(metadata.body, 'issuer') ?? '';
  const how = difference(url, said);
  if (how === undefined) return good(`It calls itself by the address it is reached at.`);
  return wrong(
    `It is reached at ${url} and calls itself ${said || 'nothing'}: ${how}.`,
    'Clients refuse that (RFC 8414 §3.3). Set WRIT_ISSUER to the address clients use, or use the one it names.',
  );
}

function openidIssuer({ metadata, openid }: HubFacts): Finding | undefined {
  if (openid.status !== 200)
    return better(
      `There is no OpenID configuration (${openid.address} answers ${openid.status}).`,
      'Some clients look only there: pass that path on, too.',
    );
  if (textAt(openid.body, 'issuer') === textAt(metadata.body, 'issuer')) return undefined;
  return wrong('The two metadata documents name two issuers.', 'Something between answers one of them in the place of the hub.');
}

function pkce({ metadata }: HubFacts): Finding {
  if (textsAt(metadata.body, 'code_challenge_methods_supported').includes('S256')) return good('It offers PKCE with S256.');
  return wrong('Its metadata does not offer PKCE with S256.', 'MCP clients stop here: code_challenge_methods_supported must list S256.');
}

function iss({ metadata }: HubFacts): Finding {
  const promised = at(metadata.body, 'authorization_response_iss_parameter_supported') === true;
  if (promised) return good('Its answers name their sender (iss, RFC 9207).');
  return better(
    'Its answers do not name their sender (iss, RFC 9207).',
    'Some clients then use a registration of their own for each connection.',
  );
}

function registration({ metadata }: HubFacts): Finding {
  const dynamic = textAt(metadata.body, 'registration_endpoint') !== undefined;
  const documents = at(metadata.body, 'client_id_metadata_document_supported') === true;
  if (dynamic && documents) return good('New clients can introduce themselves, by metadata document or by registration.');
  if (dynamic || documents)
    return better(
      `New clients can introduce themselves only by ${documents ? 'metadata document' : 'registration'}.`,
      'Some clients know only the other way (Cursor: registration; newer ones prefer documents).',
    );
  return better('New clients cannot introduce themselves.', 'Every client needs "writ client create" first.');
}

function keys({ keys: found }: HubFacts): Finding {
  const count = listAt(found?.body, 'keys').length;
  if (found?.status === 200 && count > 0) return good(`It publishes its ${count === 1 ? 'key' : `${count} keys`}.`);
  return wrong(
    `Its keys cannot be read${found === undefined ? '' : ` (${found.address} answers ${found.status || found.failure})`}.`,
    'No server can check a token without them.',
  );
}

function cors({ metadata }: HubFacts): Finding {
  if (metadata.header('access-control-allow-origin') !== undefined) return good('Clients in a browser can read its metadata.');
  return wrong(
    'Clients in a browser cannot read its metadata (no CORS header).',
    'A proxy removes it: let access-control-allow-origin pass.',
  );
}

const TOLERATED_MS = 30_000;

function clock({ metadata, now }: HubFacts): Finding | undefined {
  const date = Date.parse(metadata.header('date') ?? '');
  const off = Math.round(Math.abs(now - date) / 1_000);
  if (Number.isNaN(date) || off * 1_000 <= TOLERATED_MS) return undefined;
  return wrong(`Its clock and the one here differ by ${off} s.`, 'Tokens seem expired, or not yet valid: let both follow a time server.');
}
