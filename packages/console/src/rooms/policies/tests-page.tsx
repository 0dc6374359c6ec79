import { useMutation } from '@tanstack/react-query';
import { read } from '../../api/client.ts';
import { Badge } from '../../ui/badge.tsx';
import { Button } from '../../ui/button.tsx';
import { Failure, Notice } from '../../ui/notice.tsx';
import { DataTable } from '../../kit/list-page.tsx';
import { ObjectLink } from '../../kit/object-link.tsx';
import { RoomList } from '../../kit/room-list.tsx';
import { policyTests } from '../settings/spec.tsx';

/** Saved tests, and a button that puts them all to the policies in force. */
export function PolicyTestsPage() {
  const run = useMutation({ mutationFn: () => read('postPoliciesTest', { body: {} }) });
  return (
    <>
      <div className="mb-4 grid justify-items-start gap-3">
        <Button onClick={() => run.mutate()} disabled={run.isPending}>
          Run them all
        </Button>
        {run.error === null ? null : <Failure error={run.error} />}
        {run.data === undefined ? null : (
          <Notice tone={run.data.failed === 0 ? 'good' : 'bad'} role="status">
            {run.data.passed} passed, {run.data.failed} failed.
          </Notice>
        )}
        {run.data === undefined || run.data.results.length === 0 ? null : (
          <div className="w-full">
            <DataTable
              label="results"
              items={run.data.results}
              keyOf={({ id }) => id}
              columns={[
                { title: 'Test', cell: ({ id, name }) => <ObjectLink room="policy-tests" id={id} name={name} /> },
                { title: 'Result', cell: ({ passed }) => <Badge tone={passed ? 'low' : 'high'}>{passed ? 'passed' : 'failed'}</Badge> },
                { title: 'Because', cell: ({ failures }) => failures.join(' ') || '–' },
              ]}
            />
          </div>
        )}
      </div>
      <RoomList of={policyTests} />
    </>
  );
}
