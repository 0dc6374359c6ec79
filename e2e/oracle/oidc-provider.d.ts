/** As much of node-oidc-provider's types as the tests and benchmarks use; the package has none of its own. */
declare module 'oidc-provider' {
  import type { IncomingMessage, Server, ServerResponse } from 'node:http';

  type Stored = { save(): Promise<string> };
  type Model = new (facts: object) => Stored;
  type GrantModel = new (facts: object) => Stored & {
    addOIDCScope(scope: string): void;
    addResourceScope(resource: string, scope: string): void;
    rejectOIDCScope(scope: string): void;
  };

  export class Provider {
    constructor(issuer: string, configuration: object);
    Client: { find(id: string): Promise<object | undefined> };
    Grant: GrantModel;
    AuthorizationCode: Model;
    RefreshToken: Model;
    ClientCredentials: Model;
    AccessToken: new (facts: object) => Stored & { resourceServer: object; expiration: number; scope: string };
    ResourceServer: new (identifier: string, facts: object) => object;
    registerGrantType(name: string, handler: (context: never) => Promise<void>, parameters: readonly string[]): void;
    on(event: string, listener: (...of: unknown[]) => void): void;
    proxy: boolean;
    callback(): (request: IncomingMessage, response: ServerResponse) => Promise<void>;
    interactionDetails(request: IncomingMessage, response: ServerResponse): Promise<{ params: Record<string, unknown> }>;
    interactionFinished(request: IncomingMessage, response: ServerResponse, result: object): Promise<void>;
    listen(port: number, host: string, listening?: () => void): Server;
  }

  export const errors: { InvalidTarget: new () => Error };
  export { Provider as default };
}
