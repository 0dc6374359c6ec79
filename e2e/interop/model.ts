import { once } from 'node:events';
import { createServer } from 'node:http';
import type { IncomingMessage, ServerResponse } from 'node:http';
import { json } from 'node:stream/consumers';

/**
 * A language model that knows one thing: to call the tool whose name ends in `tool`, once, and then to repeat what the tool said. Speaks
 * the three wire formats of the coding agents, so that these call a tool without an account anywhere.
 */
export type Model = { url: string; tool: string; requests: number; close(): Promise<void> };

type Tool = { name: string };
type Turn = { answer: string | undefined; tool: Tool | undefined };
type Send = (event: string, data: object) => void;

export async function startModel(tool: string): Promise<Model> {
  const server = createServer((request, response) => {
    model.requests += 1;
    void answer(request, response, tool);
  }).listen(0, '127.0.0.1');
  await once(server, 'listening');
  const address = server.address();
  const model: Model = {
    url: `http://127.0.0.1:${typeof address === 'object' && address !== null ? address.port : 0}`,
    tool,
    requests: 0,
    async close() {
      server.closeAllConnections();
      server.close();
      await once(server, 'close');
    },
  };
  return model;
}

async function answer(request: IncomingMessage, response: ServerResponse, tool: string): Promise<void> {
  const body: unknown = request.method === 'POST' ? await json(request) : {};
  const path = (request.url ?? '').split('?')[0] ?? '';
  if (!isRecord(body) || request.method !== 'POST' || path.endsWith('count_tokens')) {
    response.writeHead(200, { 'content-type': 'application/json' }).end('{"data":[],"models":[],"input_tokens":1}');
    return;
  }
  response.writeHead(200, { 'content-type': 'text/event-stream' });
  const send: Send = (event, data) => void response.write(`${event === '' ? '' : `event: ${event}\n`}data: ${JSON.stringify(data)}\n\n`);
  const turn = read(body, tool);
  if (path.endsWith('/messages')) asMessages(turn, send);
  else if (path.endsWith('/responses')) asResponses(turn, send);
  else {
    asChat(turn, send);
    response.write('data: [DONE]\n\n');
  }
  response.end();
}

const isRecord = (value: unknown): value is Record<string, unknown> => typeof value === 'object' && value !== null;
const list = (value: unknown): unknown[] => (Array.isArray(value) ? value : []);

/** What to do next: the tool's name among those on offer, or what the tool answered if it was called already. */
function read(body: Record<string, unknown>, wanted: string): Turn {
  const names = list(body['tools']).flatMap((one) => namesOf(one));
  const tool = names.find((name) => name.endsWith(wanted));
  const said = answersIn([...list(body['messages']), ...list(body['input'])]);
  return { answer: said.at(-1), tool: tool === undefined ? undefined : { name: tool } };
}

/** Tools stand as `{name}`, as `{function: {name}}`, or in a namespace that holds more of them. */
function namesOf(tool: unknown, prefix = ''): string[] {
  if (!isRecord(tool)) return [];
  if (Array.isArray(tool['tools']))
    return tool['tools'].flatMap((one) => namesOf(one, typeof tool['name'] === 'string' ? `${tool['name']}\u0000` : ''));
  const inner = isRecord(tool['function']) ? tool['function']['name'] : tool['name'];
  return typeof inner === 'string' ? [`${prefix}${inner}`] : [];
}

/** Results of tools in a conversation, whichever format it has. */
function answersIn(turns: readonly unknown[]): string[] {
  return turns.flatMap((turn) => {
    if (!isRecord(turn)) return [];
    if (turn['role'] === 'tool') return [JSON.stringify(turn['content'])];
    if (turn['type'] === 'function_call_output') return [JSON.stringify(turn['output'])];
    return list(turn['content']).flatMap((part) =>
      isRecord(part) && part['type'] === 'tool_result' ? [JSON.stringify(part['content'])] : [],
    );
  });
}

function words({ answer: said }: Turn): string {
  return said === undefined ? 'The tool is not on offer.' : `The tool said: ${said}`;
}

function asMessages(turn: Turn, send: Send): void {
  const usage = { input_tokens: 1, output_tokens: 1 };
  const calls = turn.answer === undefined && turn.tool !== undefined;
  const message = {
    id: 'msg_1',
    type: 'message',
    role: 'assistant',
    model: 'stub',
    content: [],
    stop_reason: null,
    stop_sequence: null,
    usage,
  };
  send('message_start', { type: 'message_start', message });
  const block = calls ? { type: 'tool_use', id: 'toolu_1', name: turn.tool?.name, input: {} } : { type: 'text', text: '' };
  const delta = calls ? { type: 'input_json_delta', partial_json: '{}' } : { type: 'text_delta', text: words(turn) };
  send('content_block_start', { type: 'content_block_start', index: 0, content_block: block });
  send('content_block_delta', { type: 'content_block_delta', index: 0, delta });
  send('content_block_stop', { type: 'content_block_stop', index: 0 });
  send('message_delta', { type: 'message_delta', delta: { stop_reason: calls ? 'tool_use' : 'end_turn', stop_sequence: null }, usage });
  send('message_stop', { type: 'message_stop' });
}

function asResponses(turn: Turn, send: Send): void {
  const calls = turn.answer === undefined && turn.tool !== undefined;
  const [first = '', second] = (turn.tool?.name ?? '').split('\u0000');
  const call = {
    type: 'function_call',
    id: 'fc_1',
    call_id: 'call_1',
    name: second ?? first,
    ...(second !== undefined && { namespace: first }),
    arguments: '{}',
  };
  const text = { type: 'message', id: 'msg_1', role: 'assistant', content: [{ type: 'output_text', text: words(turn) }] };
  const usage = { input_tokens: 1, output_tokens: 1, total_tokens: 2 };
  send('response.created', { type: 'response.created', response: { id: 'resp_1' } });
  send('response.output_item.done', { type: 'response.output_item.done', output_index: 0, item: calls ? call : text });
  send('response.completed', { type: 'response.completed', response: { id: 'resp_1', usage } });
}

function asChat(turn: Turn, send: Send): void {
  const calls = turn.answer === undefined && turn.tool !== undefined;
  const chunk = (delta: object, finish: string | null): object => ({
    id: 'chat_1',
    object: 'chat.completion.chunk',
    created: 1,
    model: 'stub',
    choices: [{ index: 0, delta, finish_reason: finish }],
  });
  const call = { index: 0, id: 'call_1', type: 'function', function: { name: turn.tool?.name, arguments: '{}' } };
  send('', chunk({ role: 'assistant', ...(calls ? { tool_calls: [call] } : { content: words(turn) }) }, null));
  send('', chunk({}, calls ? 'tool_calls' : 'stop'));
}
