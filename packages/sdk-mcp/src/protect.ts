import type {
  AuthInfo,
  CreateMcpHandlerOptions,
  McpHttpHandler,
  McpRequestContext,
  McpServer,
  Server,
  ServerNotifier,
} from '@modelcontextprotocol/server';
import { createMcpHandler, isJsonContentType, readRequestBody } from '@modelcontextprotocol/server';
import type { Caller, Resource } from '@writ/sdk';
import { challengeResponse, lacking } from '@writ/sdk';
import { toAuthInfo } from './auth-info.ts';
import type { Exchanges } from './exchanges.ts';
import { createExchanges } from './exchanges.ts';
import { filterToolList } from './tool-list.ts';
import type { Ruling, ToolRules } from './tools.ts';
import { checkRules, demandsIn, judge, mayUse } from './tools.ts';

export type ProtectOptions = ToolRules & {
  /** Scopes without which no request of any kind is served. None by default. */
  readonly required?: readonly string[];
  /** Passed to `createMcpHandler` of the MCP SDK. */
  readonly handler?: CreateMcpHandlerOptions;
};

/** Builds the server for one request, knowing who calls. */
export type ProtectedFactory = (context: McpRequestContext, caller: Caller) => McpServer | Server | Promise<McpServer | Server>;

export type ProtectedMcp = {
  /** Answers the metadata document, challenges, and MCP itself. Web standard: mount it anywhere. */
  readonly fetch: (request: Request) => Promise<Response>;
  readonly notify: ServerNotifier;
  close(): Promise<void>;
};

const MAX_BODY = 4 * 1024 * 1024;

function rpcError(status: number, code: number, message: string, id: string | number | null = null): Response {
  return Response.json({ jsonrpc: '2.0', error: { code, message }, id }, { status, headers: { 'cache-control': 'no-store' } });
}

/** The parsed body of a POST, or the answer that ends it. The MCP SDK is given this very value, so nothing can be read twice in two ways. */
async function readBody(request: Request, limit: number): Promise<{ readonly value: unknown } | Response> {
  if (!isJsonContentType(request.headers.get('content-type')))
    return rpcError(415, -32000, 'Unsupported Media Type: Content-Type must be application/json');
  const body = await readRequestBody(request, limit);
  if (body.tooLarge) return rpcError(413, -32000, `Payload Too Large: Request body must not exceed ${limit} bytes`);
  try {
    const value: unknown = JSON.parse(body.text);
    return { value };
  } catch {
    return rpcError(400, -32700, 'Parse error: Invalid JSON');
  }
}

function answerRuling(ruling: Ruling, resource: Resource, url: string): Response | undefined {
  switch (ruling.kind) {
    case 'allowed':
      return undefined;
    case 'lacks_scope':
      return challengeResponse(resource.insufficientScope(ruling.needed, url));
    case 'unknown_tool':
      // The words of the MCP SDK for a tool that does not exist: no scope would help, so no challenge is sent that a client would follow in vain.
      return rpcError(200, -32602, `Tool ${ruling.name} not found`, ruling.id);
  }
}

type Parts = {
  readonly resource: Resource;
  readonly options: ProtectOptions;
  readonly handler: McpHttpHandler;
  readonly exchanges: Exchanges;
};

async function serve(
  request: Request,
  authInfo: AuthInfo,
  caller: Caller,
  { resource, options, handler, exchanges }: Parts,
): Promise<Response> {
  const required = options.required ?? [];
  if (lacking(caller, required).length > 0) return challengeResponse(resource.insufficientScope(required, request.url));
  const isPost = request.method === 'POST';
  const body = isPost ? await readBody(request, options.handler?.maxRequestBodySize ?? MAX_BODY) : undefined;
  if (body instanceof Response) return body;
  const refused = answerRuling(judge(options, body?.value, caller), resource, request.url);
  if (refused !== undefined) return refused;
  for (const demand of demandsIn(options, body?.value)) {
    const challenge = resource.requireAuthentication(caller, demand, request.url);
    if (challenge !== undefined) return challengeResponse(challenge);
  }
  const { signal, finish } = exchanges.begin(caller, request.signal);
  const { method, headers, url } = request;
  // The body has been read; the SDK needs an object body only to classify, and gets the parsed value beside it.
  const forwarded = new Request(url, { method, headers, signal });
  return finish(await handler.fetch(forwarded, { authInfo, ...(body !== undefined && { parsedBody: body.value }) }));
}

/**
 * An MCP server (2026-07-28 and 2025 revisions) behind a hub: verifies the token, refuses calls of tools the caller has no scope for with a
 * 403 challenge before any handler runs, and lists only what the caller may use. Host and Origin checks stay with the framework.
 * @throws ResourceConfigError when a tool needs a scope that the resource does not publish
 */
export function protectMcp(resource: Resource, options: ProtectOptions, factory: ProtectedFactory): ProtectedMcp {
  checkRules(options, resource.scopes);
  const callers = new WeakMap<AuthInfo, Caller>();
  const exchanges = createExchanges(resource);

  const build = async (context: McpRequestContext): Promise<McpServer | Server> => {
    const caller = context.authInfo && callers.get(context.authInfo);
    if (caller === undefined) throw new Error('the MCP SDK built a server without the caller that was handed to it');
    const product = await factory(context, caller);
    filterToolList(product, (tool) => mayUse(options, tool, caller));
    return product;
  };
  const handler = createMcpHandler(build, options.handler);

  const answer = async (request: Request): Promise<Response> => {
    const metadata = resource.wellKnown(request);
    if (metadata !== undefined) return metadata;
    const authorization = request.headers.get('authorization');
    const verified = await resource.authenticate(authorization, {
      method: request.method,
      url: request.url,
      dpop: request.headers.get('dpop'),
    });
    if (!verified.ok) return challengeResponse(resource.refuse(verified, request.url));
    const authInfo = toAuthInfo(resource, authorization?.split(' ').at(-1) ?? '', verified.caller);
    callers.set(authInfo, verified.caller);
    return serve(request, authInfo, verified.caller, { resource, options, handler, exchanges });
  };

  const close = async (): Promise<void> => {
    exchanges.close();
    await handler.close();
  };
  return { fetch: answer, notify: handler.notify, close };
}
