import { POLL, PUSH } from '../../rooms/streams/words.ts';

/** Where things are (SSF 1.0 §7.1). */
export const PATHS = {
  metadata: '/.well-known/ssf-configuration',
  configuration: '/ssf/v1/stream',
  status: '/ssf/v1/status',
  addSubject: '/ssf/v1/subjects/add',
  removeSubject: '/ssf/v1/subjects/remove',
  verification: '/ssf/v1/verify',
  poll: '/ssf/v1/poll/:id',
  receive: '/ssf/receive/:id',
} as const;

/** The transmitter's own document. All subjects are in a stream from the beginning. */
export function metadata(issuer: string): Record<string, unknown> {
  return {
    spec_version: '1_0',
    issuer,
    jwks_uri: `${issuer}/oauth/jwks`,
    delivery_methods_supported: [PUSH, POLL],
    configuration_endpoint: `${issuer}${PATHS.configuration}`,
    status_endpoint: `${issuer}${PATHS.status}`,
    add_subject_endpoint: `${issuer}${PATHS.addSubject}`,
    remove_subject_endpoint: `${issuer}${PATHS.removeSubject}`,
    verification_endpoint: `${issuer}${PATHS.verification}`,
    authorization_schemes: [{ spec_urn: 'urn:ietf:rfc:6749' }],
    default_subjects: 'ALL',
  };
}
