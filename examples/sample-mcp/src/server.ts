import type { CallToolResult } from '@modelcontextprotocol/server';
import { McpServer } from '@modelcontextprotocol/server';
import type { Caller } from '@writ/sdk';
import { z } from 'zod';
import type { Desk } from './incidents.ts';

const answer = (value: unknown): CallToolResult => ({ content: [{ type: 'text', text: JSON.stringify(value, undefined, 2) }] });
const failure = (text: string): CallToolResult => ({ content: [{ type: 'text', text }], isError: true });
const answerOr = (value: unknown, otherwise: string): CallToolResult => (value === undefined ? failure(otherwise) : answer(value));

const ID = z.string().max(40).describe('For example INC-1041');
const STATE = z.enum(['open', 'mitigated', 'closed']);
const READ_ONLY = { readOnlyHint: true };

function addReadingTools(server: McpServer, desk: Desk, caller: Caller): void {
  server.registerTool(
    'whoami',
    { title: 'Who am I', description: 'Who this token speaks for, through which agent, with which scopes', annotations: READ_ONLY },
    () => {
      const { subject, clientId, agent, tenant, actors, expiresAt } = caller;
      return answer({
        sub: subject,
        client: clientId,
        agent,
        tenant,
        scopes: [...caller.scopes],
        actors,
        expires: new Date(expiresAt * 1000).toISOString(),
      });
    },
  );
  server.registerTool(
    'list_incidents',
    {
      title: 'List incidents',
      description: 'Incidents, newest first',
      inputSchema: z.object({ state: STATE.optional() }),
      annotations: READ_ONLY,
    },
    ({ state }) => answer(desk.list(state)),
  );
  server.registerTool(
    'get_incident',
    { title: 'Show an incident', description: 'One incident with its comments', inputSchema: z.object({ id: ID }), annotations: READ_ONLY },
    ({ id }) => answerOr(desk.get(id), `There is no incident ${id}`),
  );
  server.registerTool(
    'list_deploys',
    {
      title: 'List deploys',
      description: 'Recent deploys',
      inputSchema: z.object({ service: z.string().max(40).optional() }),
      annotations: READ_ONLY,
    },
    ({ service }) => answer(desk.deploys(service)),
  );
}

function addWritingTools(server: McpServer, desk: Desk, caller: Caller, now: () => string): void {
  server.registerTool(
    'add_comment',
    { title: 'Comment', description: 'Add a comment to an incident', inputSchema: z.object({ id: ID, text: z.string().min(1).max(2000) }) },
    ({ id, text }) => answerOr(desk.comment(id, { by: caller.subject, text }), `There is no incident ${id}`),
  );
  server.registerTool(
    'open_incident',
    {
      title: 'Open an incident',
      description: 'Open a new incident',
      inputSchema: z.object({
        title: z.string().min(1).max(200),
        service: z.string().min(1).max(40),
        severity: z.enum(['low', 'high', 'critical']),
      }),
    },
    ({ title, service, severity }) => answer(desk.open(title, service, severity, now())),
  );
  server.registerTool(
    'set_incident_state',
    {
      title: 'Change an incident',
      description: 'Mark an incident as open, mitigated or closed',
      inputSchema: z.object({ id: ID, state: STATE }),
    },
    ({ id, state }) => answerOr(desk.setState(id, state), `There is no incident ${id}`),
  );
}

function addRiskyTools(server: McpServer, desk: Desk): void {
  server.registerTool(
    'rollback_deploy',
    {
      title: 'Roll back a deploy',
      description: 'Put the version before this deploy back into production',
      inputSchema: z.object({ id: z.string().max(40).describe('For example dep-208') }),
      annotations: { destructiveHint: true },
    },
    ({ id }) => answerOr(desk.rollBack(id), `Deploy ${id} is not live`),
  );
  server.registerTool(
    'export_customers',
    {
      title: 'Export customers',
      description: 'Names and e-mail addresses of the customers an incident affects',
      inputSchema: z.object({ incident: ID }),
      annotations: READ_ONLY,
    },
    ({ incident }) => answer(desk.customers(incident)),
  );
}

/** The MCP server for one request. Every tool is registered; which of them this caller sees and may call is decided outside, by scopes. */
export function buildServer(desk: Desk, caller: Caller, now: () => string): McpServer {
  const server = new McpServer({ name: 'acme-incidents', title: 'Acme Incidents', version: '0.1.0' });
  addReadingTools(server, desk, caller);
  addWritingTools(server, desk, caller, now);
  addRiskyTools(server, desk);
  return server;
}
