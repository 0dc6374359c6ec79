import { useQuery } from '@tanstack/react-query';
import { readPath } from '../../api/by-path.ts';
import { useDescription } from '../../api/description.ts';
import { useSession } from '../../api/use-read.ts';
import { Command, CopyId } from '../../ui/code.tsx';
import { Failure, Loading } from '../../ui/notice.tsx';
import { Facts, PageHead, Section } from '../../kit/page.tsx';
import { isFields } from '../../kit/text-draft.ts';
import { settingsIn, writtenIn, type Of } from './all.ts';
import { Setting } from './setting.tsx';

function One({ of }: { of: Of }) {
  const found = useQuery({ queryKey: ['setting', of.path], queryFn: () => readPath(of.path) });
  if (found.error !== null) return <Failure error={found.error} />;
  if (!isFields(found.data)) return <Loading />;
  return <Setting of={of} value={writtenIn(of, found.data)} />;
}

function All() {
  const description = useDescription();
  if (description.error !== null) return <Failure error={description.error} />;
  if (description.data === undefined) return <Loading lines={8} />;
  return (
    <div className="gap-4 xl:columns-2">
      {settingsIn(description.data).map((one) => (
        <div key={one.path} className="mb-4 break-inside-avoid">
          <One of={one} />
        </div>
      ))}
    </div>
  );
}

/** What holds for the whole hub. */
export function SettingsPage() {
  const session = useSession().data;
  return (
    <>
      <PageHead title="Settings" lead="What holds for the whole hub, on every node from the moment it is saved." />
      <Section title="This hub">
        <Facts
          of={[
            ['Issuer', <CopyId key="issuer" id={session?.issuer ?? ''} />],
            ['You may', session?.scopes === 'all' ? 'everything' : (session?.scopes ?? []).join(', ')],
            ['Signed in until', session === undefined ? '–' : new Date(session.expiresAt).toISOString().slice(0, 16).replace('T', ' ')],
            ['All but settings as a file', <Command key="export" text="writ export > hub.yaml" />],
          ]}
        />
      </Section>
      <All />
    </>
  );
}
