import type { CallToolResult, InputRequiredResult, ServerContext } from '@modelcontextprotocol/server';
import { CLIENT_CAPABILITIES_META_KEY, inputRequired, inputResponse } from '@modelcontextprotocol/server';
import type { ConnectionRequired, Credential, CredentialOutcome, CredentialRefused, CredentialWish, Resource } from '@writ/sdk';

/** Name of the question under which a client is asked to open the page. */
const CONNECT = 'connect';

export type ToolAnswer = CallToolResult | InputRequiredResult;

const failed = (text: string): CallToolResult => ({ content: [{ type: 'text', text }], isError: true });

/**
 * Runs `use` with a credential of a connection, for whoever called this tool; the caller's token is exchanged. Where an account has to be connected
 * first, a client that can open pages (URL elicitation) is asked to, and calls the tool again; any other is told the address in words.
 */
export async function withConnection(
  resource: Pick<Resource, 'credential'>,
  context: ServerContext,
  of: CredentialWish & { readonly connection: string },
  use: (credential: Credential) => Promise<ToolAnswer> | ToolAnswer,
): Promise<ToolAnswer> {
  const { connection, ...wish } = of;
  const token = context.http?.authInfo?.token;
  if (token === undefined) return failed('This tool acts for whoever calls it, and nobody is known to.');
  const outcome = await resource.credential(token, connection, wish);
  return outcome.kind === 'credential' ? use(outcome.credential) : answerFor(outcome, context);
}

/** What a tool answers when there is no credential: for handlers that ask the hub themselves. */
export function answerFor(outcome: Exclude<CredentialOutcome, { kind: 'credential' }>, context: ServerContext): ToolAnswer {
  switch (outcome.kind) {
    case 'connectionRequired':
      return connectFirst(outcome, context);
    case 'approvalRequired':
      return failed(
        `Somebody has to approve this first (approval ${outcome.approvalId}); they have been asked. Call the tool again later.`,
      );
    case 'refused':
      return failed(refusedWords(outcome));
  }
}

function connectFirst({ connection, connectUrl, missing }: ConnectionRequired, context: ServerContext): ToolAnswer {
  const what = missing.length === 0 ? `an account of ${connection}` : `more access to ${connection} (${missing.join(' ')})`;
  if (connectUrl === undefined) return failed(`This needs ${what}, and only an administrator can connect it.`);
  const words = `This needs ${what}. The user connects it at ${connectUrl} (for them alone, and once); then call the tool again.`;
  const said = inputResponse(context.mcpReq.inputResponses, CONNECT);
  if (said.kind === 'elicit' && said.action !== 'accept') return failed(`This needs ${what}, and the user did not want to connect it.`);
  if (!opensPages(context)) return failed(words);
  return inputRequired({ inputRequests: { [CONNECT]: inputRequired.elicitUrl({ message: `Connect ${what}`, url: connectUrl }) } });
}

function refusedWords({ error, description, decisionId, retryAfter }: CredentialRefused): string {
  const why = description === undefined ? error : `${error}: ${description}`;
  const more = [
    ...(retryAfter === undefined ? [] : [`Try again in ${retryAfter} seconds.`]),
    ...(decisionId === undefined ? [] : [`Decision ${decisionId}.`]),
  ];
  return [`The hub gave no credential (${why}).`, ...more].join(' ');
}

/**
 * Whether this client declared that it can show an address to its user. In the revisions before 2026-07-28 a stateless server cannot know what was
 * declared, and words do for every client.
 */
function opensPages({ mcpReq }: ServerContext): boolean {
  // The SDK types the envelope without its reserved keys.
  const envelope: Readonly<Record<string, unknown>> = { ...mcpReq.envelope };
  return isObject(at(at(envelope[CLIENT_CAPABILITIES_META_KEY], 'elicitation'), 'url'));
}

function isObject(value: unknown): value is Readonly<Record<string, unknown>> {
  return typeof value === 'object' && value !== null;
}

const at = (value: unknown, name: string): unknown => (isObject(value) ? value[name] : undefined);
