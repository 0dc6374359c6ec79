import { isObject } from '../../base/json.ts';
import { serviceUrl } from '../connections/config.ts';

/** What the hub uses of an OpenID provider's discovery document (OIDC Discovery §3). */
export type Metadata = {
  issuer: string;
  authorizationEndpoint: string;
  tokenEndpoint: string;
  jwksUri: string;
  userinfoEndpoint?: string;
  /** RFC 9207 §3: its answers carry `iss`, so one that does not is not its own. */
  saysIss: boolean;
};

/** Undefined: no discovery document, or one whose addresses are none. Whose it is, the caller compares. */
export function readMetadata(value: unknown): Metadata | undefined {
  if (!isObject(value)) return undefined;
  const { issuer } = value;
  const authorizationEndpoint = addressAt(value, 'authorization_endpoint');
  const tokenEndpoint = addressAt(value, 'token_endpoint');
  const jwksUri = addressAt(value, 'jwks_uri');
  const userinfoEndpoint = addressAt(value, 'userinfo_endpoint');
  if (typeof issuer !== 'string' || authorizationEndpoint === undefined || tokenEndpoint === undefined || jwksUri === undefined)
    return undefined;
  return {
    issuer,
    authorizationEndpoint,
    tokenEndpoint,
    jwksUri,
    ...(userinfoEndpoint === undefined ? {} : { userinfoEndpoint }),
    saysIss: value['authorization_response_iss_parameter_supported'] === true,
  };
}

/** An address that a browser or the hub may be sent to. Whether the hub connects to it, base/outbound says. */
function addressAt(value: Readonly<Record<string, unknown>>, name: string): string | undefined {
  const text = value[name];
  return typeof text === 'string' && serviceUrl.safeParse(text).success ? text : undefined;
}
