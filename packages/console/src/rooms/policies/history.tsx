import { useState } from 'react';
import { useRead, type Value } from '../../api/use-read.ts';
import { Badge } from '../../ui/badge.tsx';
import { Button } from '../../ui/button.tsx';
import { Dialog } from '../../ui/dialog.tsx';
import { Failure, Loading, Notice } from '../../ui/notice.tsx';
import { Time } from '../../ui/time.tsx';
import { Confirm } from '../../kit/confirm.tsx';
import { DataTable } from '../../kit/list-page.tsx';
import { differencesBetween } from './difference.ts';
import { useDeed } from '../../kit/save.ts';

type Version = Value<'getPoliciesByIdVersions'>['items'][number];

function Value({ of }: { of: unknown }) {
  return (
    <code className="text-[0.86rem] [overflow-wrap:anywhere] whitespace-pre-wrap">
      {of === undefined || of === null ? 'absent' : JSON.stringify(of, undefined, 1)}
    </code>
  );
}

export function Differences({ of }: { of: readonly { field: string; from?: unknown; to?: unknown }[] }) {
  if (of.length === 0) return <Notice>The same as it is now.</Notice>;
  return (
    <DataTable
      label="differences"
      items={of}
      keyOf={({ field }) => field}
      columns={[
        { title: 'Field', cell: ({ field }) => <code>{field}</code> },
        { title: 'Before', cell: ({ from }) => <Value of={from} /> },
        { title: 'After', cell: ({ to }) => <Value of={to} /> },
      ]}
    />
  );
}

function Compared({ id, version }: { id: string; version: number }) {
  const compared = useRead('getPoliciesByIdVersionsByVersion', { path: { id, version: String(version) } });
  if (compared.error !== null) return <Failure error={compared.error} />;
  return compared.data === undefined ? <Loading /> : <Differences of={compared.data.diff} />;
}

/** What going back would change about the rule as it is now. */
function Back({ id, to }: { id: string; to: Version }) {
  const now = useRead('getPoliciesById', { path: { id } });
  if (now.error !== null) return <Failure error={now.error} />;
  return now.data === undefined ? <Loading /> : <Differences of={differencesBetween(now.data, to.rule ?? {})} />;
}

function author({ by }: Version): string {
  return by.user ?? by.client ?? by.initiator;
}

/** Every version of a rule, what it changed, and the way back to it. */
export function History({ id, current }: { id: string; current: number }) {
  const versions = useRead('getPoliciesByIdVersions', { path: { id }, query: { limit: 100 } });
  const [shown, setShown] = useState<number>();
  const [back, setBack] = useState<Version>();
  const { run } = useDeed('postPoliciesByIdRollback');
  if (versions.error !== null) return <Failure error={versions.error} />;
  if (versions.data === undefined) return <Loading />;
  return (
    <>
      <DataTable
        label="versions"
        items={versions.data.items}
        keyOf={({ version }) => String(version)}
        columns={[
          {
            title: 'Version',
            cell: ({ version, removed }) => (
              <>
                {version} {version === current ? <Badge tone="low">in force</Badge> : null}{' '}
                {removed ? <Badge tone="high">removed</Badge> : null}
              </>
            ),
          },
          { title: 'When', cell: ({ at }) => <Time at={at} /> },
          { title: 'By', cell: (one) => <bdi className="inline-block min-w-[5ch]">{author(one)}</bdi> },
          {
            title: '',
            end: true,
            cell: (one) => (
              <span className="inline-flex flex-wrap justify-end gap-2">
                <Button onClick={() => setShown(one.version)}>What {one.version} changed</Button>
                {one.version === current || one.removed ? null : <Button onClick={() => setBack(one)}>Roll back to {one.version}</Button>}
              </span>
            ),
          },
        ]}
      />
      <Dialog open={shown !== undefined} onClose={() => setShown(undefined)} title={`Version ${shown ?? ''}`} place="side">
        {shown === undefined ? null : <Compared id={id} version={shown} />}
      </Dialog>
      <Confirm
        open={back !== undefined}
        onClose={() => setBack(undefined)}
        title={`Roll back to version ${back?.version ?? ''}`}
        what={back === undefined ? '' : <Back id={id} to={back} />}
        verb="Roll back"
        act={async () => {
          const answer = await run({ path: { id }, body: { version: back?.version ?? 0 } });
          return answer.ok ? { ok: true } : answer;
        }}
      />
    </>
  );
}
