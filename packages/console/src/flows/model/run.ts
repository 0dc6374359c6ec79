import type { Operations } from '@writ/admin-api';
import type { JourneyEffect, Json } from '@writ/flow';
import { isObject, wordIn } from './draft.ts';
import type { Named } from './sample-journey.ts';
import { lineId, type Lit } from './scene.ts';

type RunBody = Operations['postFlowsByIdRun']['body'];
type FlowRan = Operations['postFlowsByIdRun']['answer'];

/** Whom a run is about, by ids that the hub knows, and what it asks for. */
export type RunFacts = NonNullable<RunBody['facts']>;
/** What a person does on a page, or the world answers; the hub fills in what only it knows. */
export type RunAnswer = NonNullable<RunBody['answers']>[number];

export type Offer = {
  readonly name: string;
  readonly title: string;
  readonly risk: string;
  readonly required: boolean;
  readonly offered: boolean;
};
export type Context = Readonly<Record<string, Json>>;

export type RunStep = {
  readonly event: { readonly kind: string; readonly status?: number; readonly reason?: string };
  readonly from: 'caller' | 'world' | 'service';
  readonly before: Context;
  readonly passed: readonly { readonly node: string; readonly branch: string; readonly outputs: Json; readonly context: Context }[];
  readonly node: string;
  readonly after: Context;
  readonly effect: JourneyEffect;
  readonly secrets: readonly string[];
  readonly traffic?: Json;
  readonly offers?: readonly Offer[];
};

export type Ran = {
  readonly steps: readonly RunStep[];
  readonly waits: 'person' | 'world' | 'nobody';
  readonly effect: JourneyEffect | undefined;
  /** To be sent back with the next answers. */
  readonly state: string;
  /** The answer did not fit where it came. */
  readonly stray: boolean;
  readonly unknown: readonly string[];
};

/** Every node and line that was gone through, and where the journey stands. */
export function litBy(steps: readonly RunStep[]): Lit {
  const passed = steps.flatMap((step) => step.passed);
  const at = steps.at(-1)?.node;
  return {
    nodes: new Set(passed.map(({ node }) => outer(node))),
    lines: new Set(passed.map(({ node, branch }) => lineId(outer(node), node === outer(node) ? branch : 'next'))),
    ...(at === undefined ? {} : { at: outer(at) }),
  };
}

/** The node of the canvas that stands for a node of a subflow. */
function outer(node: string): string {
  return node.split('/')[0] ?? node;
}

export type Changed = { readonly path: string; readonly before: Json | undefined; readonly after: Json | undefined };

/** What is another value afterwards, by the path an expression would use. */
export function changedBetween(before: Context, after: Context): readonly Changed[] {
  const [was, is] = [new Map(leaves(before, '')), new Map(leaves(after, ''))];
  const paths = [...new Set([...was.keys(), ...is.keys()])];
  return paths
    .filter((path) => path !== 'now' && JSON.stringify(was.get(path)) !== JSON.stringify(is.get(path)))
    .map((path) => ({ path, before: was.get(path), after: is.get(path) }));
}

function leaves(value: Json, path: string): readonly (readonly [string, Json])[] {
  if (!isObject(value) || Object.keys(value).length === 0) return path === '' || isObject(value) ? [] : [[path, value]];
  return Object.entries(value).flatMap(([name, one]) => leaves(one, path === '' ? name : `${path}.${name}`));
}

/** What happened, in a few words. */
export function eventWords({ event, from }: Pick<RunStep, 'event' | 'from'>): string {
  const words = EVENTS[event.kind] ?? event.kind;
  const status = event.status === undefined ? '' : ` ${String(event.status)}`;
  const reason = event.reason === undefined ? '' : `: ${event.reason}`;
  return `${words}${status}${reason}${from === 'service' ? ' (really called)' : ''}`;
}

const EVENTS: Readonly<Record<string, string>> = {
  arrived: 'The browser arrives',
  accountKept: 'Goes on with this account',
  startOver: 'Wants another account',
  emailGiven: 'Gives an address',
  signedIn: 'Has signed in',
  pageDone: 'Goes on',
  skipped: 'Goes on without',
  enrolled: 'Has set up a factor',
  tenantChosen: 'Chooses a tenant',
  allowed: 'Allows',
  nothingChosen: 'Allows, with nothing ticked',
  submitted: 'Sends the page',
  connected: 'Comes back connected',
  refused: 'Says no',
  acknowledged: 'Has read it',
  tenantsFound: 'Tenants were looked up',
  consentJudged: 'Policy was asked',
  tenantConsentJudged: 'Consent of the tenant was looked up',
  factorsFound: 'Factors were looked up',
  answered: 'The service answers',
  failed: 'It fails',
  connectionFound: 'The connection was looked up',
  approvalStands: 'The approval was looked up',
  done: 'Done',
};

/** What is to be done now, in a few words. */
export function effectWords(effect: JourneyEffect): string {
  switch (effect.kind) {
    case 'show':
      return effect.page.kind === 'screen' ? `Page “${effect.page.title}”` : `Page: ${PAGES[effect.page.kind]}`;
    case 'finish':
      return 'The journey went through';
    case 'refuse':
      return `The client hears ${effect.denial.error}`;
    case 'callHttp':
      return `${effect.call.method} ${effect.call.url}`;
    default:
      return LOOK_UPS[effect.kind];
  }
}

const LOOK_UPS = {
  findTenants: 'looks up tenants',
  judgeConsent: 'asks policy what may be granted',
  judgeTenantConsent: 'looks up the consent of the tenant',
  findFactors: 'looks up factors',
  findConnection: 'looks up the connection',
  storeCredential: 'stores a credential',
  requestApproval: 'asks for an approval',
  updateUser: 'changes the user',
  recordEvent: 'writes an entry',
  misplaced: 'nothing: the answer does not belong here',
} as const;

const PAGES = {
  account: 'which account',
  identify: 'who it is',
  authenticate: 'sign in',
  enrol: 'set up a factor',
  tenant: 'choose a tenant',
  consent: 'consent',
  tenantConsent: 'consent for the tenant',
  connect: 'connect an account',
  waiting: 'somebody else has to agree',
  denied: 'a sentence that says no',
} as const;

/** The names that a page of this run shows. */
export function namedIn(context: Context): Named {
  const word = (of: string, name: string): string => {
    const object = context[of];
    return isObject(object) ? wordIn(object[name]) : '';
  };
  return {
    client: word('client', 'name') || 'The client',
    host: word('client', 'host') || word('client', 'id') || 'the client',
    resource: word('resource', 'name') || 'the resource',
    tenant: word('tenant', 'name') || 'the tenant',
    user: word('user', 'name') || word('user', 'email') || 'the person',
  };
}

/** How an approval that is waited for is decided: the page is looked at again, and the answer is there. */
export function decided(state: 'given' | 'refused' | 'expired'): RunAnswer[] {
  return [{ kind: 'arrived' }, { kind: 'approvalStands', state }];
}

/** Somebody signs in so. With nobody chosen, it is somebody whom the hub does not know. */
export function signIn(method: string, factor: 'first' | 'second', { user, session }: RunFacts): RunAnswer {
  const before = session?.by ?? ['password'];
  const by = factor === 'first' ? [method] : [...new Set([...before, method])];
  return { kind: 'signedIn', by, user: user ?? { id: 'somebody', name: 'Somebody', email: 'somebody@example.com' } };
}

/** The answer of the hub; what it calls an effect is one of packages/flow, and what it calls a context is JSON. */
export function ranOf({ steps, waits, effect, state, stray, unknown }: FlowRan): Ran {
  return {
    steps: steps.flatMap(stepOf),
    waits,
    effect: effect !== null && isEffect(effect) ? effect : undefined,
    state,
    stray: stray !== null,
    unknown,
  };
}

function stepOf({ effect, before, passed, after, traffic, offers, ...rest }: FlowRan['steps'][number]): RunStep[] {
  if (!isEffect(effect)) return [];
  return [
    {
      ...rest,
      effect,
      before: contextOf(before),
      after: contextOf(after),
      passed: passed.map(({ node, branch, outputs, context }) => ({ node, branch, outputs: jsonOf(outputs), context: contextOf(context) })),
      ...(traffic === undefined ? {} : { traffic: jsonOf(traffic) }),
      ...(offers === undefined ? {} : { offers }),
    },
  ];
}

const EFFECTS: ReadonlySet<string> = new Set<JourneyEffect['kind']>([
  'show',
  'findTenants',
  'judgeConsent',
  'judgeTenantConsent',
  'findFactors',
  'callHttp',
  'findConnection',
  'storeCredential',
  'requestApproval',
  'updateUser',
  'recordEvent',
  'finish',
  'refuse',
  'misplaced',
]);

/** The hub sends what packages/flow made, as it made it. */
function isEffect(value: { readonly kind: string }): value is JourneyEffect {
  return EFFECTS.has(value.kind);
}

/** What came over the wire is JSON. */
function jsonOf(value: unknown): Json {
  const copy: Json = JSON.parse(JSON.stringify(value ?? null));
  return copy;
}

function contextOf(value: unknown): Context {
  const json = jsonOf(value);
  return isObject(json) ? json : {};
}
