import type pg from 'pg';
import type { BatchLane } from '../../base/group.ts';
import { GRACE_MS, liveWord, type LiveToken } from './family.ts';

/**
 * `from` and `to`: digests of the presented secret and of its child. `token`: the access token that goes with it. `fence`: of the family as it was decided
 * by. Whoever takes something from the grant moves the fence of its families (live.store.ts), so that nothing is given out once more that was just taken.
 * It stands in the row itself: a state of another table may be as old as the statement by the time that the row is free.
 */
export type Rotation = { id: string; from: string; to: string; token: LiveToken; fence: number; now: number; idleExpiresAt: number };

/**
 * rotated: the family moved on. repeated: it had moved on to this very child within the grace, so the same answer is right again.
 * lost: neither; something behind the family fell, or it moved on twice, while the request was on its way.
 */
export type Rotated = { kind: 'rotated' | 'repeated'; generation: number } | { kind: 'lost' };

/**
 * Rotates many families in one statement, and repeats in a second where the first did not move. Each only if the presented secret is the
 * current one (or the one before it) and everything behind the family still stands: that is the gate. Rows are not locked beforehand: two nodes
 * that take the same two families crosswise are told so by the database, and the flush is tried again.
 */
export const ROTATE: BatchLane<Rotation, Rotated> = {
  name: 'rotate',
  async run(client: pg.ClientBase, rotations) {
    const first = firstOfEach(rotations);
    const moved = await apply(client, { name: 'families-rotate', text: ROTATE_SQL, values: [inputOf(rotations, first)] });
    const rest = rotations.map((_, index) => index).filter((index) => !moved.has(index));
    const again =
      rest.length === 0
        ? moved
        : await apply(client, { name: 'families-repeat', text: REPEAT_SQL, values: [inputOf(rotations, rest), GRACE_MS] });
    return rotations.map((_, index) => {
      const generation = moved.get(index);
      if (generation !== undefined) return { kind: 'rotated', generation };
      const repeated = again.get(index);
      return repeated === undefined ? { kind: 'lost' } : { kind: 'repeated', generation: repeated };
    });
  },
};

/** One request per secret and flush: the second of two with the same secret is a repeat of the first. In the order of the families. */
function firstOfEach(rotations: readonly Rotation[]): number[] {
  const seen = new Map<string, number>();
  rotations.forEach(({ id, from }, index) => {
    const key = `${id} ${from}`;
    if (!seen.has(key)) seen.set(key, index);
  });
  return [...seen].sort(([a], [b]) => (a < b ? -1 : 1)).map(([, index]) => index);
}

/** Runs one of the two statements; answers the generation each input led to, by its place. */
async function apply(client: pg.ClientBase, statement: pg.QueryConfig): Promise<Map<number, number>> {
  const found = await client.query<{ places: number[]; generation: number }>(statement);
  return new Map(found.rows.flatMap(({ places, generation }) => places.map((place) => [place, generation] as const)));
}

function inputOf(rotations: readonly Rotation[], places: readonly number[]): string {
  const input = places.flatMap((index) => {
    const rotation = rotations[index];
    if (rotation === undefined) return [];
    const { id, from, to, token, fence, now, idleExpiresAt } = rotation;
    return [{ index, id, from, to, live: liveWord(token), fence, now: iso(now), idle: iso(idleExpiresAt) }];
  });
  return JSON.stringify(input);
}

const INPUT = `json_to_recordset($1::json) AS i(index int, id text, "from" text, "to" text, live text, fence int, now timestamptz, idle timestamptz)`;

/** `live`, and once it is long only what of it has not expired yet: to look through it each time is a fifth of a rotation. */
const STILL_LIVE = `CASE WHEN length(f.live) < 400 THEN f.live ELSE (SELECT coalesce(string_agg(word, ' '), '') FROM unnest(string_to_array(f.live, ' ')) AS word
    WHERE split_part(word, '=', 2)::bigint > extract(epoch FROM i.now)) END`;

// The states by single look-ups: left to choose, the planner reads whole tables while they are small.
const STANDS = `f.fence = i.fence AND f.revoked_at IS NULL AND f.expires_at > i.now AND f.idle_expires_at > i.now
    AND (SELECT a.state FROM agents a WHERE a.id = f.agent_id) = 'active'
    AND (SELECT g.state = 'active' AND (g.expires_at IS NULL OR g.expires_at > i.now) FROM grants g WHERE g.id = f.grant_id)
    AND (SELECT c.state FROM clients c WHERE c.id = f.client_id) = 'active'
    AND (f.user_id IS NULL OR (SELECT u.state FROM users u WHERE u.id = f.user_id) = 'active')
    AND (f.tenant_id IS NULL OR (SELECT t.state FROM tenants t WHERE t.id = f.tenant_id) = 'active')`;

const ROTATE_SQL = `
UPDATE families f SET previous_hash = f.hash, hash = i."to", generation = f.generation + 1, rotated_at = i.now,
    idle_expires_at = least(i.idle, f.expires_at), live = ltrim(${STILL_LIVE} || ' ' || i.live)
  FROM ${INPUT}
  WHERE f.id = i.id AND f.hash = i."from" AND ${STANDS}
  RETURNING ARRAY[i.index] AS places, f.generation`;

const REPEAT_SQL = `
WITH input AS (SELECT i.id, i."from", max(i.now) AS now, min(i.fence) AS fence, array_agg(i.index) AS places, string_agg(i.live, ' ') AS live FROM ${INPUT} GROUP BY i.id, i."from")
UPDATE families f SET live = ltrim(${STILL_LIVE} || ' ' || i.live)
  FROM input i
  WHERE f.id = i.id AND f.previous_hash = i."from" AND f.rotated_at > i.now - make_interval(secs => $2::float8 / 1000) AND ${STANDS}
  RETURNING i.places, f.generation`;

function iso(time: number): string {
  return new Date(time).toISOString();
}
