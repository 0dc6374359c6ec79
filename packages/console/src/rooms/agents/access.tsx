import { Badge, Word } from '../../ui/badge.tsx';
import { Button } from '../../ui/button.tsx';
import { Empty, Failure } from '../../ui/notice.tsx';
import { since, Time } from '../../ui/time.tsx';
import { DataTable } from '../../kit/list-page.tsx';
import { ObjectLink } from '../../kit/object-link.tsx';
import { Section } from '../../kit/page.tsx';
import type { AgentDetail } from './columns.tsx';
import { unusedOf } from './directory.ts';
import { Undo, useNarrowing } from './narrowing.tsx';

type Access = AgentDetail['access'][number];
function Used({ of }: { of: Access }) {
  const unused = unusedOf(of, Date.now());
  if (of.lastUsedAt === null)
    return unused === undefined ? <span className="text-soft">not yet</span> : <Badge tone="elevated">never used</Badge>;
  const often = `${of.count.toLocaleString('en')} ${of.count === 1 ? 'time' : 'times'}`;
  return (
    <>
      {often}, last <Time at={of.lastUsedAt} /> {unused === undefined ? null : <Badge tone="elevated">unused since</Badge>}
    </>
  );
}

function By({ of: { grant, via } }: { of: Access }) {
  if (grant === null) return <span className="text-soft">a rule alone</span>;
  return <ObjectLink room="grants" id={grant} name={via === 'tenant' ? 'consent of the tenant' : 'consent'} />;
}

/** Scopes that nobody has used for long, by the grant that gives them. */
function unusedByGrant(of: readonly Access[]): ReadonlyMap<string, readonly string[]> {
  const found = new Map<string, string[]>();
  for (const one of of) {
    if (one.grant === null || unusedOf(one, Date.now()) === undefined) continue;
    found.set(one.grant, [...(found.get(one.grant) ?? []), one.scope]);
  }
  // What would leave nothing is no narrowing: whoever wants that revokes the grant.
  return new Map([...found].filter(([grant, scopes]) => of.some((one) => one.grant === grant && !scopes.includes(one.scope))));
}

/** What the agent may do, by risk, what it did with it, and what can be taken away at once. */
export function Access({ of }: { of: readonly Access[] }) {
  const { taken, failed, busy, take, giveBack } = useNarrowing();
  const unused = unusedByGrant(of);
  const count = [...unused.values()].flat().length;
  const takeAll = async (): Promise<void> => {
    for (const [grant, scopes] of unused) await take(grant, scopes);
  };
  return (
    <Section
      title="What it may do"
      aside={
        count < 2 ? undefined : (
          <Button disabled={busy} onClick={() => void takeAll()}>
            Take the {count} away that it does not use
          </Button>
        )
      }
    >
      <div className="grid gap-3">
        {failed === undefined ? null : <Failure error={failed} />}
        <Undo of={taken} busy={busy} onUndo={(one) => void giveBack(one)} />
        {of.length === 0 ? (
          <Empty>Nobody has allowed it anything, and it has obtained nothing by a rule alone.</Empty>
        ) : (
          <DataTable
            label="what it may do"
            items={of}
            keyOf={({ resource, scope, grant }) => `${resource} ${scope} ${grant ?? ''}`}
            columns={[
              {
                title: 'Scope',
                cell: ({ scope, title }) => (
                  <div className="min-w-[16ch]">
                    {title === scope ? null : <span className="block">{title}</span>}
                    <code className="text-[0.86rem] text-soft">{scope}</code>
                  </div>
                ),
              },
              { title: 'Risk', cell: ({ risk }) => <Word of={risk} /> },
              { title: 'At', from: 'sm', cell: ({ resource }) => <ObjectLink room="resources" id={resource} /> },
              { title: 'By', from: 'md', cell: (one) => <By of={one} /> },
              {
                title: 'Allowed',
                from: 'lg',
                cell: ({ consentedAt, expiresAt }) => (
                  <>
                    {consentedAt === null ? <span className="text-soft">–</span> : <Time at={consentedAt} />}
                    {expiresAt === null ? null : (
                      <span className="block text-[0.86rem] text-soft">ends {since(expiresAt, Date.now())}</span>
                    )}
                  </>
                ),
              },
              { title: 'Used', cell: (one) => <Used of={one} /> },
              {
                title: '',
                end: true,
                cell: ({ grant, scope }) =>
                  grant === null ? null : (
                    <Button look="quiet" disabled={busy} aria-label={`Take away ${scope}`} onClick={() => void take(grant, [scope])}>
                      Take away
                    </Button>
                  ),
              },
            ]}
          />
        )}
      </div>
    </Section>
  );
}
