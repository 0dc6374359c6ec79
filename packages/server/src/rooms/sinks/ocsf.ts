import type { AuditEvent, EventType } from '../audit/event.ts';

/** The schema version that these events follow (https://schema.ocsf.io). */
const OCSF = '1.3.0';

/** Classes that are used; what fits none is a base event, which says so. */
const CLASSES = {
  base: { uid: 0, category: 0, name: 'Base Event', categoryName: 'Uncategorized' },
  account: { uid: 3001, category: 3, name: 'Account Change', categoryName: 'Identity & Access Management' },
  authentication: { uid: 3002, category: 3, name: 'Authentication', categoryName: 'Identity & Access Management' },
  entity: { uid: 3004, category: 3, name: 'Entity Management', categoryName: 'Identity & Access Management' },
  lifecycle: { uid: 6002, category: 6, name: 'Application Lifecycle', categoryName: 'Application Activity' },
} as const;
type Class = keyof typeof CLASSES;

const OTHER = 99;
/** Activities of Account Change and Authentication by type; 99 keeps the hub's own word in `activity_name`. */
const PEOPLE: Readonly<Partial<Record<EventType, readonly [Class, number]>>> = {
  'user.created': ['account', 1],
  'user.frozen': ['account', 9],
  'user.unfrozen': ['account', 12],
  'user.revoked': ['account', 6],
  'factor.enrolled': ['account', 10],
  'factor.removed': ['account', 11],
  'login.succeeded': ['authentication', 1],
  'login.failed': ['authentication', 1],
  'login.ended': ['authentication', 2],
  'factor.sent': ['authentication', 6],
  'hub.started': ['lifecycle', 3],
};
/** Activities of Entity Management, by the verb of the type. */
const DEEDS: Readonly<Record<string, number>> = {
  registered: 1,
  created: 1,
  granted: 1,
  stored: 1,
  read: 2,
  changed: 3,
  narrowed: 3,
  refreshed: 3,
  rotated: 3,
  removed: 4,
  revoked: 4,
  unfrozen: 8,
  unlocked: 8,
  frozen: 9,
  locked: 9,
};
const ADMIN_DEEDS: Readonly<Record<string, number>> = { created: 1, changed: 3, removed: 4 };

function classOf({ type, target, data }: AuditEvent): readonly [Class, number] {
  const known = PEOPLE[type];
  if (known !== undefined) return known;
  const [noun = '', verb = ''] = type.split('.');
  if (noun === 'user') return ['account', OTHER];
  if (['login', 'journey', 'link', 'token'].includes(noun) && type !== 'token.revoked') return ['authentication', OTHER];
  if (target === null) return ['base', OTHER];
  const deed = type === 'admin.changed' ? ADMIN_DEEDS[typeof data['deed'] === 'string' ? data['deed'] : ''] : DEEDS[verb];
  return ['entity', deed ?? OTHER];
}

const STATUS = { success: [1, 'Success'], refused: [2, 'Failure'], failed: [2, 'Failure'] } as const;
/** Informational, Low, Medium. */
const SEVERITY = { success: [1, 'Informational'], refused: [2, 'Low'], failed: [3, 'Medium'] } as const;

/** The entry as an event of the Open Cybersecurity Schema Framework. What it has no place for stands in `unmapped`. */
export function ocsf(event: AuditEvent, hash: string, version: string): Record<string, unknown> {
  const [name, activity] = classOf(event);
  const { uid, category, name: className, categoryName } = CLASSES[name];
  const [statusId, status] = STATUS[event.outcome];
  const [severityId, severity] = SEVERITY[event.outcome];
  return {
    activity_id: activity,
    ...(activity === OTHER ? { activity_name: event.type } : {}),
    category_uid: category,
    category_name: categoryName,
    class_uid: uid,
    class_name: className,
    type_uid: uid * 100 + activity,
    time: Date.parse(event.time),
    severity_id: severityId,
    severity,
    status_id: statusId,
    status,
    ...(event.reason === undefined ? {} : { status_detail: event.reason }),
    message: event.type,
    metadata: metadataOf(event, version),
    ...actorOf(event),
    ...(event.ip === null ? {} : { src_endpoint: { ip: event.ip } }),
    ...(event.userAgent === null ? {} : { http_request: { user_agent: event.userAgent } }),
    ...subjectOf(name, event),
    unmapped: { data: event.data, chain: event.actor.chain, decision: event.decision, initiator: event.initiator, hash, prev: event.prev },
  };
}

function metadataOf(event: AuditEvent, version: string): Record<string, unknown> {
  return {
    version: OCSF,
    product: { name: 'Writ', vendor_name: 'Writ', version },
    uid: event.id,
    event_code: event.type,
    sequence: event.seq,
    original_time: event.time,
    log_name: 'audit',
    ...(event.txn === undefined ? {} : { correlation_uid: event.txn }),
    ...(event.tenant === null ? {} : { tenant_uid: event.tenant }),
  };
}

/** A person, or the program alone: an actor says at least one of them. */
function actorOf({ actor, initiator }: AuditEvent): Record<string, unknown> {
  const app = actor.agent ?? actor.client;
  return {
    actor: {
      ...(actor.user === undefined ? {} : { user: { uid: actor.user, type_id: 1 } }),
      ...(app === undefined ? {} : { app_uid: app }),
      ...(actor.client === undefined ? {} : { app_name: actor.client }),
      ...(actor.user === undefined && app === undefined ? { app_name: initiator } : {}),
    },
  };
}

/** What a class demands: the person of a login or account, the thing that was managed, the application. */
function subjectOf(name: Class, event: AuditEvent): Record<string, unknown> {
  const { actor, target, type } = event;
  const on = target?.type === 'user' ? target.id : actor.user;
  switch (name) {
    case 'base':
      return {};
    case 'account':
      return { user: { uid: on ?? 'unknown' } };
    case 'authentication':
      return {
        user: on === undefined ? { uid: actor.agent ?? actor.client ?? 'unknown' } : { uid: on },
        ...(target === null ? {} : { service: { name: target.type, uid: target.id } }),
        ...(type.startsWith('token.') ? { auth_protocol_id: 6, auth_protocol: 'OAUTH 2.0' } : {}),
      };
    case 'entity':
      return { entity: { type: target?.type, uid: target?.id } };
    case 'lifecycle':
      return { app: { name: 'Writ', vendor_name: 'Writ' } };
  }
}
