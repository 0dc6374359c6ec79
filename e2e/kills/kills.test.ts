import { beforeAll, describe, expect, it } from 'vitest';
import { runKills } from './run.ts';
import type { KillReport } from './run.ts';

/** Of the fifty of `npm run soak -- kill`, which measures; here it is looked at what happens, and in which order. */
const SERVERS = 10;

describe('ten resource servers that are called without pause', () => {
  let report: KillReport;
  beforeAll(async () => {
    report = await runKills({ servers: SERVERS, every: 25, cuts: ['reset'] });
  }, 300_000);

  it('refuse a token of every grant kind once its agent is revoked, and never take it again', () => {
    expect(report.problems).toEqual([]);
    expect(report.kills.filter(({ what }) => what.startsWith('agent revoked'))).toHaveLength(7);
  });

  it('refuse it whoever is stopped: agent, client, tenant, token, the whole hub, and while their streams are cut', () => {
    expect(report.kills.map(({ what }) => what).slice(7)).toEqual([
      'agents frozen',
      'clients frozen',
      'tenants frozen',
      'hub frozen',
      'token revoked',
      'agent frozen, streams cut',
    ]);
  });

  it('are each seen by the hub to have acted on every kill', () => {
    for (const { what, heard } of report.kills)
      expect({ what, acted: heard.acknowledged, silent: heard.silent }).toEqual({ what, acted: SERVERS, silent: 0 });
  });
});
