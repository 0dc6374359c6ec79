// The page about policies, in Markdown.

/** CPU microseconds for one decision, by engine; ours first. */
export type Compared = { name: string; engines: readonly { name: string; micros: number }[] };
/** Microseconds for one decision by the clock on the wall; `mb`: what the compiled rules take beside the rules themselves. */
export type Large = { rules: number; compileMs: number; mb: number; decisions: number; p50: number; p99: number; p999: number };
export type Replayed = { total: number; changed: number; seconds: number };
export type PolicyReport = {
  rules: number;
  rounds: number;
  compared: readonly Compared[];
  large: Large;
  replayed: Replayed;
  machine: string;
};

function shown(value: number): string {
  return value >= 100 ? Math.round(value).toLocaleString('en') : value.toFixed(value >= 10 ? 1 : 2);
}

function rowsOf({ name, engines }: Compared): string[] {
  const own = engines[0]?.micros ?? Number.NaN;
  return engines.map((engine) => `| ${name} | ${engine.name} | ${shown(engine.micros)} | ${shown(engine.micros / own)} |`);
}

export function policyPageOf({ rules, rounds, compared, large, replayed, machine }: PolicyReport): string {
  const rows = compared.flatMap(rowsOf);
  return `# Benchmark of policies

Written by \`npm run bench -- --only policy\`, which \`npm run bench\` runs too.

Machine: ${machine}. One process, one thread. Medians of ${rounds} rounds, the engines in turn.

## One decision among ${rules.toLocaleString('en')} rules of three conditions

CPU time, not time on the wall: other programs may run beside it. All engines hold the same rules and gave the same answer to each request.

| | engine | CPU µs each | times ours |
| --- | --- | ---: | ---: |
${rows.join('\n')}

* **writ**: \`decide\` of \`@writ/policy\` on rules compiled beforehand. It says which rules spoke, what is refused and why, and what is still required.
* **Cedar (wasm)**: \`@cedar-policy/cedar-wasm\` on the exported text, guards for missing attributes included, parsed beforehand; requests in its JSON form, made beforehand.
  Each decision goes through every policy. Policies written for it by hand, without guards, would take less.
* **casbin**: attributes by expressions in the policy lines (\`eval\` in the matcher), \`enforceSync\`.

## ${large.rules.toLocaleString('en')} rules in one tenant

Four in five rules are pinned to one of ${(large.rules / 5).toLocaleString('en')} clients, the others look at roles and tags; 500 resources, one rule in a hundred by tag, one in a thousand for all.

| | |
| --- | ---: |
| one decision, p50 / p99 / p99.9, µs on the wall | ${shown(large.p50)} / ${shown(large.p99)} / ${shown(large.p999)} |
| decisions measured | ${large.decisions.toLocaleString('en')} |
| compiling all rules, CPU ms | ${shown(large.compileMs)} |
| memory of the compiled set beside the rules, MB | ${shown(large.mb)} |

## Replay

${replayed.total.toLocaleString('en')} recorded decisions put to these rules and to a draft without one rule in a hundred: ${replayed.seconds.toFixed(2)} s on the wall; ${replayed.changed.toLocaleString('en')} would change.
`;
}
