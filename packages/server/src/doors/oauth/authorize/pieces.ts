import type { Ask } from '@writ/flow';
import type { Result } from '../../../base/result.ts';
import type { Detail } from '../../../rooms/resources/detail.ts';
import type { Resource } from '../../../rooms/resources/resource.ts';
import type { Addressed, Refusal } from './refusal.ts';

/** What the second half of the checks finds out, piece by piece. */
export type Pieces = {
  codeChallenge: string;
  ask: Ask;
  nonce: string | undefined;
  jkt: string | undefined;
  resource: Resource;
  details: readonly Detail[] | undefined;
  /** Undefined: the client named none. */
  scopes: readonly string[] | undefined;
  identityScopes: readonly string[];
};

/** What the checks may look at besides the request. */
export type Surroundings = {
  resources: {
    all(): readonly Resource[];
    match(requested: string): { resource: Resource } | undefined;
    identity(): Resource | undefined;
  };
  /** The hub takes pushed requests only. */
  parRequired?: boolean;
  /** The hub takes signed requests only. */
  signatureRequired?: boolean;
  /** This is the push itself. */
  pushing?: boolean;
};

/** One line of the table: a refusal, or the pieces that it found. */
export type Check = (request: Addressed, found: Partial<Pieces>, around: Surroundings) => Result<Partial<Pieces>, Refusal>;
