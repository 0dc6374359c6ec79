import type { Scenario } from './scenario.ts';
import type { Ran, Visit } from './world.ts';

export type Verdict = 'works' | 'fails' | 'not built';
export type Outcome = {
  scenario: Scenario;
  verdict: Verdict;
  /** Sentences on what is wrong; empty when it works. */
  faults: string[];
  ran: Ran[];
  visits: Visit[];
  /** Types of the hub's audit events while the client ran, each with how often. */
  events: Map<string, number>;
  clientIds: string[];
  /** Where the hub had the client's metadata document from, when it saw the client for the first time. */
  documents: string[];
  seconds: number;
};

const INTRO = `# Real clients

Written by \`npm run interop\`: every client here is the real program from npm in the version named, with an empty home, a hub started by
\`writ dev --empty\`, and the sample MCP server behind it. The browser is \`e2e/driver\`, which reads the hosted pages as plain forms and is Ann.
Coding agents get a made-up language model that has them call one tool. "Works" means: the client printed what the protected tool answered
about its caller. Events are the hub's own audit entries while that client ran; quirks are what showed in these runs.
`;

/** The report as a page. \`about\`: machine and date, in words. */
export function report(outcomes: readonly Outcome[], about: string): string {
  const rows = outcomes.map(
    ({ scenario, verdict, clientIds }) =>
      `| ${scenario.client} ${scenario.version} | ${scenario.way} | \`${shorten(clientIds)}\` | ${verdict} |`,
  );
  const counts = (['works', 'fails', 'not built'] as const).map(
    (verdict) => `${outcomes.filter((one) => one.verdict === verdict).length} ${verdict}`,
  );
  return [
    INTRO,
    `${about}. ${counts.join(', ')}.`,
    '',
    '| Client | Registration | Client id at the hub | Result |',
    '|---|---|---|---|',
    ...rows,
    ...outcomes.flatMap((one) => ['', ...chapter(one)]),
    '',
  ].join('\n');
}

/** Random parts of registered ids and ports would change the page at every run. */
function steady(text: string): string {
  return text.replaceAll(/dcr_[A-Za-z0-9_-]+/g, 'dcr_…').replaceAll(/(localhost|127\.0\.0\.1):(?!19876|6276)\d+/g, '$1:…');
}

const shorten = (ids: readonly string[]): string => steady(ids.join(' ')) || 'none';

function chapter({ scenario, verdict, faults, ran, visits, events, documents, seconds }: Outcome): string[] {
  const seen = [...events].map(([type, count]) => (count === 1 ? type : `${type} ×${count}`)).join(', ');
  const walks = visits.map((visit) => (visit.story ?? [visit.error ?? '']).map(steady).join(' · '));
  return [
    `## ${scenario.client} ${scenario.version}: ${scenario.way}`,
    '',
    `* Result: ${verdict}${scenario.notBuilt !== undefined && verdict === 'not built' ? ` (${scenario.notBuilt})` : ''}, ${seconds.toFixed(0)} s`,
    ...ran.map((one) => `* Ran \`${shown(one.command)}\` → ${one.status}`),
    ...walks.map((walk) => `* Browser: ${walk}`),
    ...documents.map(
      (source) =>
        `* Client document: ${source === 'pinned' ? 'the pinned copy, since the hub could not reach the vendor' : `fetched (${source})`}`,
    ),
    `* Events: ${seen || 'none'}`,
    ...scenario.quirks.map((quirk) => `* Quirk: ${quirk}`),
    ...faults.map((fault) => `* Fault: ${steady(fault)}`),
  ];
}

/** Paths of this machine say nothing to the reader. */
function shown(command: string): string {
  const bare = command.replaceAll(/\S*\/node_modules\//g, '').replaceAll(/\S*\/\.tmp\/interop\/[^/\s]+/g, '~');
  return steady(bare)
    .replaceAll('`', "'")
    .replaceAll(/("client_secret":")[^"]+/g, '$1…');
}
