import { at, listAt, numberAt, textAt, textsAt } from '../json.ts';
import { facts, moment, table } from '../terminal/table.ts';
import type { Terminal } from '../terminal/terminal.ts';
import { visible } from '../terminal/visible.ts';

type Paint = Pick<Terminal, 'paint'>;

/** A line per lint: how bad, where, what. */
export function lintLines(to: Paint, lints: readonly unknown[]): string[] {
  return lints.map((one) => {
    const error = textAt(one, 'severity') === 'error';
    const place = [textAt(one, 'node'), textAt(one, 'path')].filter((part) => part !== undefined).join('.');
    const mark = error ? to.paint('red', 'error  ') : to.paint('yellow', 'warning');
    return `${mark}  ${visible(`${place === '' ? 'the flow' : place}: ${textAt(one, 'message') ?? '?'} (${textAt(one, 'code') ?? '?'})`)}`;
  });
}

export function errorsIn(lints: readonly unknown[]): number {
  return lints.filter((one) => textAt(one, 'severity') === 'error').length;
}

/** Where a flow runs: `client web, everywhere`; nothing: nowhere by assignment. */
export function assignedText(flow: unknown): string | undefined {
  const named = (['clients', 'resources', 'tenants'] as const).flatMap((kind) =>
    textsAt(flow, `assigned.${kind}`).map((id) => `${kind.slice(0, -1)} ${id}`),
  );
  const all = at(flow, 'assigned.everywhere') === true ? [...named, 'everywhere'] : named;
  return all.length === 0 ? undefined : all.join(', ');
}

/** What is in force: a version's number, `built in`, or nothing. */
export function inForceText(flow: unknown): string | undefined {
  const version = numberAt(flow, 'published.version');
  return version === 0 ? 'built in' : version === undefined ? undefined : `version ${version}`;
}

/** A flow in full: what it is for, what is in force, its nodes with where they lead, what the checks say. */
export function flowLines(to: Paint, flow: unknown): string[] {
  const lints = lintLines(to, listAt(flow, 'lints'));
  return [
    ...facts(to, [
      ['flow', textAt(flow, 'id')],
      ['name', textAt(flow, 'name')],
      ['purpose', textAt(flow, 'purpose')],
      ['in force', inForceText(flow) ?? 'nothing yet'],
      ['since', numberAt(flow, 'published.at') === 0 ? undefined : moment(at(flow, 'published.at'))],
      [
        'draft',
        at(flow, 'ahead') !== true ? 'what is in force' : inForceText(flow) === undefined ? 'never published' : 'ahead of what is in force',
      ],
      ['runs for', assignedText(flow)],
    ]),
    '',
    ...nodeLines(to, flow),
    ...(lints.length === 0 ? [] : ['', ...lints]),
  ];
}

/** The nodes of a flow, and where each leads. */
export function nodeLines(to: Paint, flow: unknown): string[] {
  const edges = listAt(flow, 'edges');
  const waysFrom = (id: string | undefined): string =>
    edges
      .filter((edge) => textAt(edge, 'from') === id)
      .map((edge) => `${textAt(edge, 'branch') === 'next' ? '' : `${textAt(edge, 'branch') ?? ''} `}→ ${textAt(edge, 'to') ?? '?'}`)
      .join(', ');
  return table(to, listAt(flow, 'nodes'), [
    ['NODE', (one) => textAt(one, 'id')],
    ['KIND', (one) => textAt(one, 'kind')],
    ['LEADS', (one) => waysFrom(textAt(one, 'id'))],
  ]);
}

/** How two states of a flow differ, a node or line a line. */
export function comparedLines(to: Paint, compared: unknown): string[] {
  const of = (path: string, sign: '+' | '-' | '~', what: string): string[] =>
    textsAt(compared, path).map((one) =>
      to.paint(sign === '+' ? 'green' : sign === '-' ? 'red' : 'yellow', `${sign} ${what} ${visible(one)}`),
    );
  return [
    ...of('fields', '~', 'field'),
    ...of('nodes.removed', '-', 'node'),
    ...of('nodes.changed', '~', 'node'),
    ...of('nodes.added', '+', 'node'),
    ...of('lines.removed', '-', 'line'),
    ...of('lines.added', '+', 'line'),
  ];
}

/** A walk: what happened, through which nodes, and what is asked for now. */
export function ranLines(to: Paint, ran: unknown): string[] {
  return [
    ...listAt(ran, 'steps').flatMap((step) => {
      const from = textAt(step, 'from') ?? '';
      const status = numberAt(step, 'event.status');
      const event = `${textAt(step, 'event.kind') ?? '?'}${status === undefined ? '' : ` ${status}`}`;
      const passed = listAt(step, 'passed').map(
        (one) =>
          `    ${to.paint('green', '✓')} ${visible(`${textAt(one, 'node') ?? '?'} → ${textAt(one, 'branch') ?? '?'}${outputsText(one)}`)}`,
      );
      return [`${to.paint('dim', from.padEnd(7))} ${visible(event)}`, ...passed];
    }),
    `${to.paint('bold', '=>')} ${visible(standsText(ran))}`,
    ...listAt(ran, 'steps')
      .slice(-1)
      .flatMap((step) => listAt(step, 'offers'))
      .map((one) => `    ${at(one, 'offered') === true ? '[x]' : to.paint('red', 'not offered:')} ${visible(textAt(one, 'name') ?? '?')}`),
    ...textsAt(ran, 'unknown').map(
      (name) => `${to.paint('yellow', '!')} ${visible(`the hub does not know ${name}; it was taken as described`)}`,
    ),
  ];
}

function outputsText(passed: unknown): string {
  const outputs = JSON.stringify(at(passed, 'outputs') ?? {});
  return outputs === '{}' ? '' : `  ${outputs}`;
}

/** Where the walk stands, in a sentence. */
function standsText(ran: unknown): string {
  const node = textAt(listAt(ran, 'steps').at(-1), 'node') ?? '?';
  const stray = numberAt(ran, 'stray');
  const lost = stray === undefined ? '' : ` (answer ${stray + 1} does not belong here)`;
  switch (textAt(ran, 'effect.kind')) {
    case 'show':
      return `${node} shows the page ${textAt(ran, 'effect.page.kind') ?? '?'}${pageText(ran)}${lost}`;
    case 'finish':
      return `it goes through${endText(ran)}`;
    case 'refuse':
      return `it ends with ${textAt(ran, 'effect.denial.error') ?? '?'} (${textAt(ran, 'effect.denial.reason') ?? '?'})`;
    case 'callHttp':
      return `${node} calls ${textAt(ran, 'effect.call.method') ?? '?'} ${textAt(ran, 'effect.call.url') ?? '?'} and waits for an answer${lost}`;
    default:
      return `${node} waits for ${textAt(ran, 'effect.kind') ?? '?'}${lost}`;
  }
}

function pageText(ran: unknown): string {
  const methods = textsAt(ran, 'effect.page.methods');
  const message = textAt(ran, 'effect.page.message');
  const buttons = listAt(ran, 'effect.page.buttons').flatMap((one) => textAt(one, 'name') ?? []);
  const said = [...(methods.length === 0 ? [] : [methods.join(', ')]), ...(message === undefined ? [] : [message]), ...buttons];
  return said.length === 0 ? '' : `: ${said.join(', ')}`;
}

function endText(ran: unknown): string {
  const scopes = textsAt(ran, 'effect.end.approval.scopes');
  const claims = JSON.stringify(at(ran, 'effect.end.claims') ?? {});
  const tenant = textAt(ran, 'effect.end.tenantId');
  const acr = textAt(ran, 'effect.end.proof.acr');
  const parts = [
    scopes.length === 0 ? undefined : `with ${scopes.join(' ')}`,
    tenant === undefined ? undefined : `tenant ${tenant}`,
    acr === undefined ? undefined : `acr ${acr}`,
    claims === '{}' ? undefined : `claims ${claims}`,
  ].filter((part) => part !== undefined);
  return parts.length === 0 ? '' : `: ${parts.join(', ')}`;
}
