// Runs MCPJam's OAuth suite as a program of its own: it wants another version of the MCP client than the rest of the tests. Reads
// `{serverUrl, person, flows: […]}` from standard input and prints the result as JSON.
import { text } from 'node:stream/consumers';
import { OAuthConformanceSuite } from '@mcpjam/sdk';
import { story, walk } from '../driver/walk.ts';

const { serverUrl, person, flows } = JSON.parse(await text(process.stdin));
const walks = [];

async function openUrl(url) {
  const walked = await walk(url, person);
  walks.push(story(walked));
  if (walked.end.kind !== 'callback') throw new Error(walks.at(-1).join('\n'));
}

const suite = new OAuthConformanceSuite({
  name: 'Writ',
  serverUrl,
  defaults: { oauthConformanceChecks: true, verification: { listTools: true, callTool: { name: 'whoami' } }, stepTimeout: 20_000 },
  flows: flows.map((flow) => ({ ...flow, auth: flow.auth.mode === 'interactive' ? { ...flow.auth, openUrl } : flow.auth })),
});
const { results } = await suite.run();
const brief = results.map(({ label, passed, summary, steps, verification }) => ({
  label,
  passed,
  summary,
  verification,
  steps: steps.map(({ step, status, error }) => ({ step, status, error: error?.message, details: error?.details })),
}));
process.stdout.write(JSON.stringify({ results: brief, walks }));
