export type Recipe = { id: string; title: string; sentence: string; text: string };
type Place = { id: string; uri: string; type: string; scopes: readonly string[] };

function json(value: unknown): string {
  return JSON.stringify(value, undefined, 2);
}

function mcpRecipes({ id, uri }: Place): readonly Recipe[] {
  return [
    {
      id: 'claude-code',
      title: 'Claude Code',
      sentence: 'Run it, then /mcp inside Claude Code signs in.',
      text: `claude mcp add --transport http ${id} ${uri}`,
    },
    {
      id: 'cursor',
      title: 'Cursor',
      sentence: 'Into .cursor/mcp.json of the project; Cursor asks to sign in when it starts.',
      text: json({ mcpServers: { [id]: { url: uri } } }),
    },
    {
      id: 'vscode',
      title: 'VS Code',
      sentence: 'Into .vscode/mcp.json; VS Code opens the browser at the first use.',
      text: json({ servers: { [id]: { type: 'http', url: uri } } }),
    },
    {
      id: 'codex',
      title: 'Codex',
      sentence: 'Adds the server, then signs in.',
      text: `codex mcp add ${id} --url ${uri}\ncodex mcp login ${id}`,
    },
    {
      id: 'web',
      title: 'Claude and ChatGPT',
      sentence: 'As a custom connector, by this address. The server has to be reachable from the internet.',
      text: uri,
    },
  ];
}

/** What to paste for each kind of client. All of them find the hub through the server: nothing of the hub stands in here but in the last two. */
export function recipesFor(of: Place, issuer: string): readonly Recipe[] {
  const scope = of.scopes.slice(0, 3).join(' ');
  return [
    ...(of.type === 'mcp' ? mcpRecipes(of) : []),
    {
      id: 'server',
      title: 'Your server (SDK)',
      sentence: 'The check in front of your own code: signature, audience, scopes, and who was stopped since.',
      text: `import { createResource } from '@writ/sdk';

const resource = createResource({
  issuer: '${issuer}',
  resource: '${of.uri}',
  scopes: ${JSON.stringify(of.scopes)},
});
const verified = await resource.authenticate(request.headers.get('authorization'), request);`,
    },
    {
      id: 'curl',
      title: 'A token by hand',
      sentence: 'For a service client with a secret of its own.',
      text: `curl -u "$CLIENT_ID:$CLIENT_SECRET" ${issuer}/oauth/token \\\n  -d grant_type=client_credentials \\\n  -d resource=${of.uri}${scope === '' ? '' : ` \\\n  -d scope='${scope}'`}`,
    },
  ];
}
