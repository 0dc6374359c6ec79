import { matchedBy, rulesFor, type PolicyRule } from '@writ/policy';
import { z } from 'zod';
import type { Db } from '../../base/db.ts';
import { badInput, cursorOf, notFound, page, pageOf, pageQuery } from '../../base/http/admin.ts';
import { json, problem, type Reply } from '../../base/http/message.ts';
import { route, type Call, type Route } from '../../base/http/route.ts';
import type { Resource } from '../resources/resource.ts';
import type { PolicyDesk } from './desk.store.ts';
import { candidates, KINDS, whoIs, type Candidate } from './reach.store.ts';
import { setFor } from './rulebook.ts';
import { subjectOf, targetOf } from './who.ts';

export type ReachDeps = { db: Db; builtIn: readonly Resource[]; desk: Pick<PolicyDesk, 'book'> };

/** `open`: it hangs on what is known only when somebody asks for a token; `depends` says on what. */
const covers = z.enum(['yes', 'open']);
const matchView = z
  .object({
    id: z.string(),
    tenant: z.string().nullable(),
    client: z.string().nullable(),
    user: z.string().nullable(),
    covers,
    depends: z.array(z.string()),
  })
  .meta({ id: 'PolicyMatch' });
const coverView = z
  .looseObject({
    rule: z.string(),
    state: z.enum(['off', 'shadow', 'enforce']),
    effect: z.enum(['allow', 'deny', 'require']),
    scopes: z.union([z.literal('all'), z.array(z.string())]),
    covers: z.enum(['yes', 'open', 'no']),
    depends: z.array(z.string()),
  })
  .meta({ id: 'PolicyCoverage' });

const name = z.string().min(1).max(512);
const matchQuery = pageQuery.extend({ kind: z.enum(KINDS).default('agents') });
const coverQuery = pageQuery.extend({
  agent: name.optional(),
  client: name.optional(),
  user: name.optional(),
  tenant: name.optional(),
  resource: name.optional(),
  /** `no` shows also the rules that do not cover them, with what stands in the way. */
  covers: z.enum(['no']).optional(),
});

export function reachRoutes(deps: ReachDeps): Route[] {
  return [
    route({
      method: 'GET',
      path: '/admin/v1/policies/:id/matches',
      access: 'admin:policies:read',
      audit: ['admin.read'],
      summary: 'Who is matched by this policy today: agents, clients, users (by tenant), or which resources; a page may be empty and go on',
      input: { query: matchQuery },
      output: { 200: pageOf(matchView), 404: 'No such id' },
      handle: (call) => matches(deps, call),
    }),
    route({
      method: 'GET',
      path: '/admin/v1/policies/covering',
      access: 'admin:policies:read',
      audit: ['admin.read'],
      summary: 'Which policies cover this agent, client, user or resource, or these together',
      input: { query: coverQuery },
      output: { 200: pageOf(coverView), 400: 'Nobody is named, or somebody who does not exist' },
      handle: (call) => covering(deps, call),
    }),
  ];
}

/** So many are looked at for one page; of a rule for few, finding the next may take more pages. */
const MOST_SCANNED = 2_000;
const STEP = 200;

async function matches({ db, desk }: ReachDeps, { params, query }: Call<undefined, z.output<typeof matchQuery>>): Promise<Reply> {
  const id = params['id'] ?? '';
  const rule = desk.book().rules.find((one) => one.id === id);
  if (rule === undefined) return notFound('policy', id);
  const asked: PolicyRule = query.kind === 'resources' ? targetOf(rule) : subjectOf(rule);
  const items: object[] = [];
  let cursor = cursorOf(query);
  let more = true;
  for (let scanned = 0; more && scanned < MOST_SCANNED && items.length < query.limit;) {
    const step = Math.min(STEP, query.limit - items.length);
    const { found, next } = await candidates(db, query.kind, { limit: step, cursor });
    items.push(...presentMatches(asked, found));
    scanned += step;
    more = next !== undefined;
    cursor = next;
  }
  return json(200, { items, next: cursor === undefined ? null : Buffer.from(cursor, 'utf8').toString('base64url') });
}

function presentMatches(rule: PolicyRule, found: readonly Candidate[]): object[] {
  const judged = matchedBy(
    rule,
    found.map((one) => ({ id: one, who: one.who })),
  );
  return judged
    .filter((one) => one.covers !== 'no')
    .map(({ id: { id, tenant = null, client = null, user = null }, covers: how, depends }) => ({
      id,
      tenant,
      client,
      user,
      covers: how,
      depends,
    }));
}

async function covering({ db, builtIn, desk }: ReachDeps, { query }: Call<undefined, z.output<typeof coverQuery>>): Promise<Reply> {
  const { limit, covers: shown, cursor: _, ...asked } = query;
  if (Object.values(asked).every((one) => one === undefined))
    return problem(badInput([{ field: 'agent', message: 'say who: agent, client, user (with tenant) or resource' }]));
  const found = await whoIs(db, asked, builtIn);
  if ('absent' in found) return problem(badInput([{ field: found.absent, message: 'does not exist' }]));
  const { who } = found;
  const book = desk.book();
  const set = who.target === undefined ? book.everywhere : setFor(book, { target: who.target });
  const after = cursorOf(query);
  const rules = rulesFor(set, who).filter((one) => (shown === 'no' || one.covers !== 'no') && (after === undefined || one.rule > after));
  return page(
    rules.slice(0, limit + 1),
    limit,
    (one) => one.rule,
    (one) => one,
  );
}
