import type { AuthenticationDemand, Caller } from '@writ/sdk';
import { ResourceConfigError, lacking } from '@writ/sdk';

export type ToolRules = {
  /** Which scopes each tool needs; all of them, at once. An empty list: any valid token. */
  readonly tools: Readonly<Record<string, readonly string[]>>;
  /** How the user must have logged in for a tool (RFC 9470). A caller that lacks a scope as well is told of the scope first. */
  readonly stepUp?: Readonly<Record<string, AuthenticationDemand>>;
  /** What becomes of a tool that `tools` does not name. `deny` (default): it is neither listed nor called, as if it did not exist. */
  readonly undeclared?: 'deny' | 'allow';
};

export type Ruling =
  | { readonly kind: 'allowed' }
  | { readonly kind: 'lacks_scope'; readonly needed: readonly string[] }
  | { readonly kind: 'unknown_tool'; readonly name: string; readonly id: string | number | null };

type Call = { readonly name: string; readonly id: string | number | null };

function isObject(value: unknown): value is Readonly<Record<string, unknown>> {
  return typeof value === 'object' && value !== null;
}

/** The `tools/call` requests in a body: one message, or a batch of the 2025-03-26 revision. A call without a proper name is named ''. */
function callsIn(body: unknown): readonly Call[] {
  const messages: readonly unknown[] = Array.isArray(body) ? body : [body];
  return messages
    .filter(isObject)
    .filter((message) => message['method'] === 'tools/call')
    .map(({ id, params }) => ({
      name: isObject(params) && typeof params['name'] === 'string' ? params['name'] : '',
      id: typeof id === 'string' || typeof id === 'number' ? id : null,
    }));
}

/** What a tool needs, or undefined when nobody declared it. A tool named `constructor` must not find what every object has. */
function needs(rules: ToolRules, name: string): readonly string[] | undefined {
  const declared = Object.hasOwn(rules.tools, name) ? rules.tools[name] : undefined;
  return declared ?? (rules.undeclared === 'allow' ? [] : undefined);
}

/** Whether a caller may use a tool: decides what `tools/list` shows. */
export function mayUse(rules: ToolRules, name: string, caller: Pick<Caller, 'scopes'>): boolean {
  const needed = needs(rules, name);
  return needed !== undefined && lacking(caller, needed).length === 0;
}

/** Judges a parsed JSON-RPC body before any handler sees it. Pure. Of a batch everything must be allowed, or nothing runs. */
export function judge(rules: ToolRules, body: unknown, caller: Pick<Caller, 'scopes'>): Ruling {
  const needed = new Set<string>();
  let lacks = false;
  for (const { name, id } of callsIn(body)) {
    const scopes = needs(rules, name);
    if (scopes === undefined) return { kind: 'unknown_tool', name, id };
    lacks ||= lacking(caller, scopes).length > 0;
    for (const scope of scopes) needed.add(scope);
  }
  return lacks ? { kind: 'lacks_scope', needed: [...needed] } : { kind: 'allowed' };
}

/** What the tools called in a body demand of the user's login. */
export function demandsIn(rules: Pick<ToolRules, 'stepUp'>, body: unknown): readonly AuthenticationDemand[] {
  const { stepUp = {} } = rules;
  return callsIn(body).flatMap(({ name }) => {
    const demand = Object.hasOwn(stepUp, name) ? stepUp[name] : undefined;
    return demand === undefined ? [] : [demand];
  });
}

/** A tool that needs a scope the resource does not publish could never be used: no client would know to ask. @throws ResourceConfigError */
export function checkRules(rules: ToolRules, published: readonly string[]): void {
  if (published.length === 0) return;
  for (const [tool, scopes] of Object.entries(rules.tools)) {
    const unknown = scopes.find((scope) => !published.includes(scope));
    if (unknown !== undefined)
      throw new ResourceConfigError('tools', `${tool} needs ${unknown}, which the resource does not list in scopes`);
  }
}
