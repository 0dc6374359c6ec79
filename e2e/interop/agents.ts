import { mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import process from 'node:process';
import { saysWhoami } from './scenario.ts';
import type { Scenario } from './scenario.ts';
import type { Machine, Ran, World } from './world.ts';
import { HERE } from './world.ts';

const platform = `${process.platform}-${process.arch}`;
const CLAUDE = join(HERE, 'node_modules', '@anthropic-ai', `claude-code-${platform}`, 'claude');
const CODEX = join(HERE, 'node_modules', '.bin', 'codex');
const OPENCODE = join(HERE, 'node_modules', `opencode-${platform}`, 'bin', 'opencode');
const CLAUDE_ID = /^https:\/\/claude\.ai\/oauth\/claude-code-client-metadata$/;
const PROMPT = 'Who am I?';
const isAnn = saysWhoami('ann');

async function claude(machine: Machine, { guarded, model }: World, env: Record<string, string> = {}): Promise<Ran[]> {
  const quiet = { CLAUDE_CODE_DISABLE_NONESSENTIAL_TRAFFIC: '1', DISABLE_AUTOUPDATER: '1', ...env };
  const stub = { ANTHROPIC_BASE_URL: model.url, ANTHROPIC_API_KEY: 'sk-stub', ENABLE_TOOL_SEARCH: 'false' };
  return [
    await machine.run(CLAUDE, ['mcp', 'add', '--scope', 'user', '--transport', 'http', 'acme', guarded.sample.url], { env: quiet }),
    await machine.run(CLAUDE, ['mcp', 'login', 'acme'], { env: quiet, terminal: true }),
    await machine.run(CLAUDE, ['mcp', 'list'], { env: quiet }),
    await machine.run(CLAUDE, ['-p', PROMPT, '--allowedTools', 'mcp__acme__whoami'], { env: { ...quiet, ...stub } }),
  ];
}

async function codex(machine: Machine, { guarded, model }: World, registration: 'auto' | 'dcr'): Promise<Ran[]> {
  const config = join(machine.home, '.codex', 'config.toml');
  mkdirSync(join(machine.home, '.codex'), { recursive: true });
  const provider = `model = "stub"\nmodel_provider = "stub"\n[model_providers.stub]\nname = "stub"\nbase_url = "${model.url}/v1"\nwire_api = "responses"\nenv_key = "STUB_KEY"\n`;
  writeFileSync(config, `mcp_oauth_credentials_store = "file"\n${provider}[mcp_servers.acme]\nurl = "${guarded.sample.url}"\n`);
  return [
    await machine.run(CODEX, ['mcp', 'login', 'acme', '--oauth-client-registration', registration]),
    await machine.run(CODEX, ['exec', '--skip-git-repo-check', '--dangerously-bypass-approvals-and-sandbox', PROMPT], {
      env: { STUB_KEY: 'stub' },
    }),
  ];
}

async function opencode(machine: Machine, { guarded, model }: World): Promise<Ran[]> {
  const project = join(machine.home, 'project');
  mkdirSync(project);
  const options = { baseURL: `${model.url}/v1`, apiKey: 'stub' };
  const provider = {
    stub: { npm: '@ai-sdk/openai-compatible', name: 'stub', options, models: { stub: { name: 'stub', tool_call: true } } },
  };
  const mcp = { acme: { type: 'remote', url: guarded.sample.url } };
  writeFileSync(join(project, 'opencode.json'), JSON.stringify({ provider, mcp, autoupdate: false, share: 'disabled' }));
  return [
    await machine.run(OPENCODE, ['mcp', 'auth', 'acme'], { cwd: project, terminal: true }),
    await machine.run(OPENCODE, ['run', '--model', 'stub/stub', PROMPT], { cwd: project }),
  ];
}

/** Coding agents. They log in as their users do, then a made-up model has them call a tool of the sample. */
export const agents: readonly Scenario[] = [
  {
    client: 'Claude Code',
    version: '2.1.329',
    way: 'CIMD with its own document',
    clientId: CLAUDE_ID,
    quirks: [
      'Registers `http://localhost/callback` without a port and comes back on a random one.',
      'Adds `offline_access` and `prompt=consent`, because the hub lists that scope.',
    ],
    run: (machine, world) => claude(machine, world),
    reached: isAnn,
  },
  {
    client: 'Claude Code',
    version: '2.1.329',
    way: 'CIMD with a document that the hub fetches',
    clientId: /^https:\/\/localhost:\d+\/claude\.json$/,
    quirks: ['`MCP_OAUTH_CLIENT_METADATA_URL` replaces the address of its document; it never looks at the document itself.'],
    run: (machine, world) => {
      const document = {
        client_name: 'Claude Code (test)',
        redirect_uris: ['http://localhost/callback'],
        token_endpoint_auth_method: 'none',
      };
      const url = world.site.publish('/claude.json', { ...document, grant_types: ['authorization_code', 'refresh_token'] });
      return claude(machine, world, { MCP_OAUTH_CLIENT_METADATA_URL: url });
    },
    reached: isAnn,
  },
  {
    client: 'Claude Code',
    version: '2.1.329',
    way: 'CIMD, access tokens of 30 seconds',
    clientId: CLAUDE_ID,
    shortTokens: 'token.refreshed',
    quirks: ['Refreshes before every request once a token is near its end, each time with the refresh token of the rotation before.'],
    run: (machine, world) => claude(machine, world),
    reached: isAnn,
  },
  {
    client: 'Codex',
    version: '0.169.0',
    way: 'CIMD with its own document',
    clientId: /^https:\/\/chatgpt\.com\/oauth\/codex\/client\.json$/,
    quirks: ['Asks for `offline_access` without `prompt=consent`.'],
    run: (machine, world) => codex(machine, world, 'auto'),
    reached: isAnn,
  },
  {
    client: 'Codex',
    version: '0.169.0',
    way: 'DCR',
    clientId: /^dcr_/,
    quirks: [],
    run: (machine, world) => codex(machine, world, 'dcr'),
    reached: isAnn,
  },
  {
    client: 'Codex',
    version: '0.169.0',
    way: 'DCR, access tokens of 30 seconds',
    clientId: /^dcr_/,
    shortTokens: 'token.refreshed',
    quirks: [],
    run: (machine, world) => codex(machine, world, 'dcr'),
    reached: isAnn,
  },
  {
    client: 'opencode',
    version: '1.18.33',
    way: 'DCR',
    clientId: /^dcr_/,
    quirks: ['Registers twice for one login; comes back on a fixed port, 19876.'],
    run: opencode,
    reached: isAnn,
  },
];
