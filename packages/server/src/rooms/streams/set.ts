import type { SubjectId } from './subject.ts';

/** The claims of a SET (RFC 8417 §2.2) as SSF profiles them: one event, no `sub`, no `exp`. */
export type SetClaims = {
  iss: string;
  aud: string;
  /** Seconds. */
  iat: number;
  jti: string;
  txn?: string;
  sub_id: SubjectId;
  events: Readonly<Record<string, Readonly<Record<string, unknown>>>>;
};

export function setClaims(of: {
  issuer: string;
  audience: string;
  now: number;
  jti: string;
  txn?: string | undefined;
  subject: SubjectId;
  uri: string;
  payload: Readonly<Record<string, unknown>>;
}): SetClaims {
  return {
    iss: of.issuer,
    aud: of.audience,
    iat: Math.floor(of.now / 1_000),
    jti: of.jti,
    ...(of.txn === undefined ? {} : { txn: of.txn }),
    sub_id: of.subject,
    events: { [of.uri]: of.payload },
  };
}
