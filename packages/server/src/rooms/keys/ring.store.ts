import type { ChangeFeed } from '../../base/changes.ts';
import type { Clock } from '../../base/clock.ts';
import type { Db } from '../../base/db.ts';
import { isObject, parseJson } from '../../base/json.ts';
import { fail, ok, type Result } from '../../base/result.ts';
import type { SecretBox } from '../../base/secretbox.ts';
import { createSnapshot } from '../../base/snapshot.ts';
import { hubAuthor, type Author } from '../audit/author.ts';
import type { Audit } from '../audit/store.ts';
import { isPublished, type PublicJwk, type Signer, type SigningAlg, type SigningKey } from './key.ts';
import { verifyBytes } from './make.store.ts';
import { readRing, type Ring } from './read.store.ts';
import { establish, purgeKeys, revokeKey, rotateKeys, type Turn, type TurnRefusal } from './turn.store.ts';
import { judgeClaims, judgeHeader, MAX_JWS, splitJws, type Expectation, type VerifyFault } from './verify.ts';

export type KeyRing = {
  /** Resolves when the keys are as fresh as the last change this node heard of; makes the first pair. Await it at start. */
  ready(): Promise<void>;
  /**
   * The signer of an algorithm, from memory. For an algorithm whose keys nobody asked for by {@link KeyRing.ensureAlg} it is the ES256 signer, while
   * the missing keys are being made: every verifier that reads our JWKS can check that token, and none is refused for want of a key.
   */
  signer(alg?: SigningAlg): Signer;
  /** The published set (RFC 7517 §5). */
  jwks(): { keys: readonly PublicJwk[] };
  /** Algorithms that there are keys of. */
  algs(): readonly SigningAlg[];
  /** Reads a token of this hub, and of no one else. The reason is for the audit entry. */
  verify(jwt: string, expected: Expectation): Result<Record<string, unknown>, VerifyFault>;
  /** Reads something of ours that is no token and has no end: by key, `typ` and issuer alone. */
  readSigned(jws: string, typ: string): Result<Record<string, unknown>, VerifyFault>;
  /** Makes the keys of an algorithm unless they are there. To be awaited where it is configured, so that verifiers know the key before it signs. */
  ensureAlg(alg: SigningAlg): Promise<void>;
  /** All that is not purged, oldest first. */
  list(): readonly SigningKey[];
  rotate(
    by: Author,
    options?: { alg?: SigningAlg | undefined; force?: boolean; onlyDue?: boolean },
  ): Promise<Result<readonly Turn[], TurnRefusal>>;
  revoke(kid: string, by: Author, reason?: string): Promise<Result<{ moved: boolean }, 'unknown'>>;
  purge(by: Author): Promise<number>;
};

export type KeyRingDeps = {
  database: { db: Db };
  audit: Audit;
  box: SecretBox;
  clock: Clock;
  feed: ChangeFeed;
  issuer: string;
  /** The KEK does not open what is here: no key is used, and above all none is made. */
  readOnly?: boolean;
  onError(error: unknown): void;
};

/** The signing keys of this hub, kept in memory on each node. */
export function createKeyRing(deps: KeyRingDeps): KeyRing {
  const { issuer, clock, onError } = deps;
  const read = readRing(deps.database.db, deps.readOnly === true ? undefined : deps.box);
  const snapshot = createSnapshot<Ring>({ name: 'signing keys', load: read, onError });
  deps.feed.on('key', () => snapshot.stale());
  const making = new Map<SigningAlg, Promise<void>>();

  /** After a change of ours: whether we made it or another node was first, what is there now is what counts. */
  const reread = (): Promise<void> => {
    snapshot.stale();
    return snapshot.ready();
  };
  const make = (alg: SigningAlg): Promise<void> => {
    const running = making.get(alg);
    if (running !== undefined) return running;
    const begun = establish(deps, alg, hubAuthor('keys'))
      .then(reread)
      .finally(() => making.delete(alg));
    making.set(alg, begun);
    return begun;
  };
  const ensureAlg = (alg: SigningAlg): Promise<void> => (snapshot.current().signers.has(alg) ? Promise.resolve() : make(alg));

  return {
    async ready() {
      await snapshot.ready();
      if (deps.readOnly !== true) await ensureAlg('ES256');
    },
    signer(alg = 'ES256') {
      const { signers } = snapshot.current();
      const found = signers.get(alg);
      if (found !== undefined) return found;
      make(alg).catch(onError);
      const usual = signers.get('ES256');
      if (usual === undefined) throw new Error('signing keys: asked to sign before ready()');
      return usual;
    },
    jwks: () => ({ keys: published(snapshot.current(), clock.now()) }),
    algs: () => [...snapshot.current().signers.keys()],
    verify(jwt, expected) {
      const claims = signedBy(snapshot.current(), jwt, expected.typ);
      if (!claims.ok) return claims;
      const problem = judgeClaims(claims.value, issuer, expected);
      return problem === undefined ? claims : fail(problem);
    },
    readSigned(jws, typ) {
      const claims = signedBy(snapshot.current(), jws, typ);
      return claims.ok && claims.value['iss'] !== issuer ? fail('issuer') : claims;
    },
    ensureAlg,
    list: () => snapshot.current().keys,
    async rotate(by, { alg, force = false, onlyDue = false } = {}) {
      const { signers } = snapshot.current();
      const expected = new Map(
        [...signers.values()].filter((signer) => alg === undefined || signer.alg === alg).map((signer) => [signer.alg, signer.kid]),
      );
      const outcome = await rotateKeys(deps, { expected, force, onlyDue, by });
      await reread();
      return outcome;
    },
    async revoke(kid, by, reason = 'by an administrator') {
      const key = snapshot.current().keys.find((one) => one.id === kid);
      if (key === undefined) return fail('unknown');
      const moved = await revokeKey(deps, key, by, reason);
      await reread();
      return ok({ moved });
    },
    purge: (by) => purgeKeys(deps, by),
  };
}

function published({ keys }: Ring, now: number): readonly PublicJwk[] {
  return keys.filter((key) => isPublished(key, now)).map((key) => key.publicJwk);
}

/** Header first, then the signature, and only then what the token says. */
function signedBy(ring: Ring, jwt: string, typ: Expectation['typ']): Result<Record<string, unknown>, VerifyFault> {
  if (jwt.length > MAX_JWS) return fail('too_long');
  const parts = splitJws(jwt);
  if (parts === undefined) return fail('not_a_jws');
  const header = readJson(parts.header);
  const kid = isObject(header) && typeof header['kid'] === 'string' ? header['kid'] : '';
  const key = ring.verifiers.get(kid);
  const fault = judgeHeader(header, key, typ);
  if (fault !== undefined || key === undefined) return fail(fault ?? 'unknown_key');
  const signature = exactBytes(parts.signature);
  if (signature === undefined || !verifyBytes(key.alg, key.key, parts.signed, signature)) return fail('signature');
  const claims = readJson(parts.payload);
  return isObject(claims) ? ok(claims) : fail('payload');
}

/** The bytes of a base64url text, or undefined when another text has the same bytes: a changed last character must not be the same token. */
function exactBytes(text: string): Buffer | undefined {
  const bytes = Buffer.from(text, 'base64url');
  return bytes.toString('base64url') === text ? bytes : undefined;
}

function readJson(text: string): unknown {
  const bytes = exactBytes(text);
  const read = bytes === undefined ? undefined : parseJson(bytes.toString('utf8'));
  return read?.ok === true ? read.value : undefined;
}
