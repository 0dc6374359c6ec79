import { canonicalFlow, expandFlow, type FlowGraph, type FlowLint, type GraphNode } from '@writ/flow';
import type { FieldFault } from '../../base/http/admin.ts';
import { digest } from '../../base/digest.ts';
import { lintsOf } from './by-digest.ts';

/** What is wrong with a flow: a lint, or something it names that is not here. An `error` keeps it from being published. */
export type FlowProblem = Omit<FlowLint, 'code'> & {
  readonly code: FlowLint['code'] | 'unknown_connection' | 'unknown_provider' | 'unknown_secret' | 'unknown_approver' | 'wrong_purpose';
};

/** What a flow may name. `flow`: as it would be copied in. */
export type KnownNames = {
  flow(id: string): FlowGraph | undefined;
  connections: ReadonlySet<string>;
  /** Identity providers and pages of others. */
  providers: ReadonlySet<string>;
  /** What calls may send, by name. */
  secrets: ReadonlySet<string>;
  users: ReadonlySet<string>;
  roles: ReadonlySet<string>;
};

/** A draft as it would be published: `text` is what runs, and what `digest` is of. */
export type Checked = { problems: readonly FlowProblem[]; made?: { graph: FlowGraph; text: string; digest: string } };

/** Copies subflows in and says everything that is wrong with the whole. Nothing is made of a flow that cannot be put together. */
export function checkFlow(draft: FlowGraph, known: KnownNames): Checked {
  const expanded = expandFlow(draft, known.flow);
  if (!expanded.ok) return { problems: expanded.faults.map(({ path, message }) => subflowProblem(draft, path, message)) };
  const { graph } = expanded;
  const text = canonicalFlow(graph);
  const made = { graph, text, digest: digest(text) };
  return { problems: [...lintsOf(made.digest, graph), ...unknownNames(graph, known)], made };
}

export function isPublishable(problems: readonly FlowProblem[]): boolean {
  return problems.every(({ severity }) => severity !== 'error');
}

function subflowProblem({ nodes }: FlowGraph, path: string, message: string): FlowProblem {
  const node = path.split('.')[1] ?? '';
  return { code: 'subflow', severity: 'error', message, ...(nodes[node] === undefined ? {} : { node, path: 'flow' }) };
}

/** Names that lead to nothing. Asked again whenever a flow is published or rolled back: what it names may be gone since. */
export function unknownNames({ nodes }: FlowGraph, known: KnownNames): FlowProblem[] {
  return Object.entries(nodes).flatMap(([id, node]) => unknownIn(node, known).map((one) => ({ ...one, node: id })));
}

function unknownIn(node: GraphNode, { connections, providers, secrets, users, roles }: KnownNames): FlowProblem[] {
  switch (node.kind) {
    case 'connect':
    case 'storeCredential':
      if (connections.has(node.connection)) return [];
      return [problem('error', 'unknown_connection', `there is no connection ${node.connection}`, 'connection')];
    case 'authenticate':
      return (node.providers ?? []).flatMap((one, at) =>
        providers.has(one) ? [] : [problem('error', 'unknown_provider', `there is no provider ${one}`, `providers[${at}]`)],
      );
    case 'http': {
      const { auth } = node;
      if (auth === undefined) return [];
      const [name, path] = auth.kind === 'signature' ? [auth.key, 'auth.key'] : [auth.secret, 'auth.secret'];
      return secrets.has(name) ? [] : [problem('error', 'unknown_secret', `there is no secret ${name} for calls of flows`, path)];
    }
    case 'requestApproval':
      return [
        ...(node.from.users ?? [])
          .filter((one) => !users.has(one))
          .map((one) =>
            problem('warning', 'unknown_approver', `there is no user ${one}; nobody else decides in their place`, 'from.users'),
          ),
        ...(node.from.roles ?? [])
          .filter((one) => !roles.has(one))
          .map((one) => problem('warning', 'unknown_approver', `there is no role ${one}; nobody holds it`, 'from.roles')),
      ];
    default:
      return [];
  }
}

function problem(severity: FlowProblem['severity'], code: FlowProblem['code'], message: string, path: string): FlowProblem {
  return { code, severity, message, path };
}

/** The errors by their place in the flow: `nodes.provision.timeout`. */
export function faultsIn(problems: readonly FlowProblem[]): FieldFault[] {
  return problems
    .filter(({ severity }) => severity === 'error')
    .map(({ node, path, message }) => ({
      field: [...(node === undefined ? [] : ['nodes', node]), ...(path === undefined ? [] : [path])].join('.') || 'flow',
      message,
    }));
}
