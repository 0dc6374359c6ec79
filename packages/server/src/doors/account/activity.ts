import type { AuditEvent, EventType } from '../../rooms/audit/event.ts';

/** What an agent did, as its user would say it. `at`: the newest time, milliseconds; `times`: how often in a row. */
export type Did = {
  words: string;
  what?: string;
  scopes: readonly string[];
  because?: string;
  refused: boolean;
  at: number;
  times: number;
};

/** How things are called. Undefined: it is gone, and with it its name. */
export type Names = {
  resource(id: string): string | undefined;
  connection(id: string): string | undefined;
  scope(resource: string, name: string): string;
};

/** More lines than that nobody reads; who wants more asks for the record. */
const MOST = 20;

/** The newest first; what repeats in a row is one line. Entries that say nothing to a user are left out, and so are those about others. */
export function activityOf(entries: readonly AuditEvent[], userId: string, names: Names): readonly Did[] {
  const lines: Did[] = [];
  for (const entry of entries) {
    if (entry.actor.user !== userId) continue;
    const did = inWords(entry, names);
    if (did === undefined) continue;
    const last = lines.at(-1);
    if (last !== undefined && isSame(last, did)) lines.splice(-1, 1, { ...last, times: last.times + 1 });
    else lines.push(did);
  }
  return lines.slice(0, MOST);
}

function isSame(one: Did, other: Did): boolean {
  return (
    one.words === other.words &&
    one.what === other.what &&
    one.because === other.because &&
    one.scopes.join('\n') === other.scopes.join('\n')
  );
}

const WORDS: Partial<Record<EventType, string>> = {
  'token.issued': 'Got access to',
  'token.refreshed': 'Renewed its access to',
  'token.exchanged': 'Passed your access on to',
  'token.refused': 'Asked for access, and was refused',
  'token.replayed': 'Came with a pass that was used before, so it lost what it held',
  'token.revoked': 'Gave its access back',
  'credential.issued': 'Was given your account at',
  'credential.used': 'Called with your account',
  'credential.refused': 'Asked for your account, and was refused, at',
  'consent.granted': 'You let it act for you at',
  'consent.narrowed': 'You let it have less than it asked for at',
  'consent.denied': 'You said no to',
  'grant.narrowed': 'It may do less at',
  'grant.restored': 'It may do again what it could before at',
  'grant.bounded': 'It got an earlier end at',
  'grant.expired': 'What you allowed came to its end at',
  'approval.requested': 'Asked for an approval at',
  'approval.used': 'Did what was approved at',
};

function inWords(entry: AuditEvent, names: Names): Did | undefined {
  const words = WORDS[entry.type];
  if (words === undefined) return undefined;
  const what = aboutWhat(entry, names);
  const because = entry.outcome === 'success' ? undefined : becauseOf(entry.reason ?? '');
  return {
    words: what === undefined ? words.replace(/,? (to|at)$/, '') : words,
    ...(what === undefined ? {} : { what }),
    scopes: scopesIn(entry, names),
    ...(because === undefined ? {} : { because }),
    refused: entry.outcome !== 'success',
    at: Date.parse(entry.time),
    times: 1,
  };
}

function aboutWhat({ target, data }: AuditEvent, names: Names): string | undefined {
  if (target?.type === 'connection') return names.connection(target.id) ?? target.id;
  const resource = target?.type === 'resource' ? target.id : data['resource'];
  return typeof resource === 'string' ? (names.resource(resource) ?? resource) : undefined;
}

/** Only where it got something: of a refusal the reason is what counts. */
function scopesIn({ type, target, data }: AuditEvent, names: Names): readonly string[] {
  if (type === 'token.refreshed' || !Array.isArray(data['scopes'])) return [];
  const resource = target?.type === 'resource' ? target.id : data['resource'];
  const list: readonly unknown[] = data['scopes'];
  return list
    .filter((name) => typeof name === 'string')
    .slice(0, 12)
    .map((name) => (typeof resource === 'string' ? names.scope(resource, name) : name));
}

/** The end of a sentence. What is not here is a matter of the app's maker: nothing that its user could mend. */
const BECAUSE: Readonly<Record<string, string>> = {
  agent_frozen: 'it was stopped',
  agent_revoked: 'it was stopped for good',
  client_frozen: 'an administrator had stopped the app',
  client_revoked: 'an administrator had stopped the app for good',
  tenant_frozen: 'your organisation had been stopped here',
  user_frozen: 'your account had been stopped',
  grant_frozen: 'an administrator had stopped it there',
  grant_revoked: 'what you allowed it there was over',
  grant_expired: 'what you allowed it there was over',
  grant_gone: 'what you allowed it there was over',
  nothing_left: 'nothing of what it wanted is allowed any more',
  policy_refused: 'the rules do not let it',
  policy_no_reach: 'the rules do not let it',
  policy_delegation_too_deep: 'it had been passed on too often',
  budget_spent: 'it had used up what it may in that time',
  step_up_required: 'it takes a stronger sign-in of yours',
  consent_too_old: 'your yes was too long ago',
  approval_required: 'somebody has to approve it first',
  approval_asked: 'somebody has to approve it first',
  approval_pending: 'nobody has approved it yet',
  approval_refused: 'the approval was refused',
  approval_expired: 'nobody approved it in time',
  not_connected: 'no account of yours is connected there',
  too_few_scopes: 'the account that you connected there lets it do less',
  credential_failed: 'your account there no longer works',
  user_left_tenant: 'you are no longer in that organisation',
};

function becauseOf(reason: string): string | undefined {
  return BECAUSE[reason];
}
