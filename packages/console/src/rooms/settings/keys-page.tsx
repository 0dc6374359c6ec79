import { useState } from 'react';
import { useRead, type Value } from '../../api/use-read.ts';
import { Word } from '../../ui/badge.tsx';
import { Button } from '../../ui/button.tsx';
import { CopyId } from '../../ui/code.tsx';
import { Failure, Loading, Notice } from '../../ui/notice.tsx';
import { Time } from '../../ui/time.tsx';
import { Confirm } from '../../kit/confirm.tsx';
import { DataTable } from '../../kit/list-page.tsx';
import { Facts, PageHead, Section } from '../../kit/page.tsx';
import { useDeed } from '../../kit/save.ts';

type Key = Value<'getKeys'>['items'][number];

function Keys({ items, onRevoke }: { items: readonly Key[]; onRevoke: (id: string) => void }) {
  return (
    <DataTable
      label="signing keys"
      items={items}
      keyOf={({ id }) => id}
      columns={[
        { title: 'Key', cell: ({ id }) => <CopyId id={id} /> },
        { title: 'Algorithm', cell: ({ alg }) => alg },
        { title: 'State', cell: ({ state }) => <Word of={state} /> },
        { title: 'Published', from: 'sm', cell: ({ published }) => (published ? 'yes' : 'no') },
        { title: 'Signs since', from: 'sm', cell: ({ activatedAt }) => <Time at={activatedAt} /> },
        { title: 'Retired', from: 'md', cell: ({ retiredAt }) => <Time at={retiredAt} /> },
        {
          title: '',
          end: true,
          cell: ({ id, state }) =>
            state === 'revoked' ? null : (
              <Button look="danger" aria-label={`Give up ${id}`} onClick={() => onRevoke(id)}>
                Give up
              </Button>
            ),
        },
      ]}
    />
  );
}

function Kek() {
  const kek = useRead('getKek', {}, { every: 30_000 });
  const rotate = useDeed('postKekRotate');
  const [asking, setAsking] = useState(false);
  if (kek.error !== null) return <Failure error={kek.error} />;
  if (kek.data === undefined) return <Loading />;
  const { dataKeys, secrets, rotation } = kek.data;
  return (
    <div className="grid justify-items-start gap-3">
      <div className="w-full">
        <Facts
          of={[
            ['Wrapped by', <CopyId key="kek" id={kek.data.kek} />],
            ['Data keys', `${dataKeys.total}, ${dataKeys.otherKek} under another KEK`],
            ['Secrets', `${secrets.total}, ${secrets.retiredKey} under a retired data key`],
            [
              'Last rotation',
              rotation === null ? 'never' : rotation.finishedAt === null ? 'under way' : <Time key="at" at={rotation.finishedAt} />,
            ],
          ]}
        />
      </div>
      <Button onClick={() => setAsking(true)}>Wrap all anew</Button>
      <Confirm
        open={asking}
        onClose={() => setAsking(false)}
        title="Wrap every data key anew"
        what="By the KEK of now, in the background; nothing stops meanwhile."
        verb="Wrap anew"
        act={async () => {
          const answer = await rotate.run({ body: {} });
          return answer.ok ? { ok: true } : answer;
        }}
      />
    </div>
  );
}

/** Keys that sign tokens, and the key over all other keys. */
export function KeysPage() {
  const keys = useRead('getKeys', { query: { limit: 200 } });
  const rotate = useDeed('postKeysRotate');
  const revoke = useDeed('postKeysByIdRevoke');
  const [asking, setAsking] = useState<'rotate' | { revoke: string }>();
  const given = asking === undefined || asking === 'rotate' ? undefined : asking.revoke;
  return (
    <>
      <PageHead
        title="Keys"
        lead="What signs tokens, and what seals secrets. A next key is published long before it signs."
        actions={<Button onClick={() => setAsking('rotate')}>Rotate now</Button>}
      />
      <Section title="Signing keys">
        {keys.error !== null ? (
          <Failure error={keys.error} retry={() => void keys.refetch()} />
        ) : keys.data === undefined ? (
          <Loading />
        ) : (
          <Keys items={keys.data.items} onRevoke={(id) => setAsking({ revoke: id })} />
        )}
      </Section>
      <Section title="Vault">
        <Kek />
      </Section>
      <Confirm
        open={asking === 'rotate'}
        onClose={() => setAsking(undefined)}
        title="Let the next key sign"
        what={<Notice>What the old one signed stays good until it ends. Verifiers already know the next.</Notice>}
        verb="Rotate"
        act={async () => {
          const answer = await rotate.run({ body: {} });
          return answer.ok ? { ok: true } : answer;
        }}
      />
      <Confirm
        open={given !== undefined}
        onClose={() => setAsking(undefined)}
        title="Give this key up as compromised"
        name={given ?? ''}
        what="It is unpublished at once, and everything it signed is worth nothing: every agent has to get a new token."
        verb="Give it up"
        act={async () => {
          const answer = await revoke.run({ path: { id: given ?? '' }, body: { reason: 'compromised, from the console' } });
          return answer.ok ? { ok: true } : answer;
        }}
      />
    </>
  );
}
