declare module 'http-proxy' {
  import type { Agent, IncomingMessage, ServerResponse } from 'node:http';

  type Proxy = {
    web(request: IncomingMessage, response: ServerResponse): void;
    on(event: 'error', heard: (error: Error, request: IncomingMessage, response: ServerResponse) => void): void;
  };
  const httpProxy: { createProxyServer(of: { target: string; agent: Agent; headers: Record<string, string> }): Proxy };
  export default httpProxy;
}
