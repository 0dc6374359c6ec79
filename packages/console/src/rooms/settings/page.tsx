import { useQuery } from '@tanstack/react-query';
import { useLocation } from '@tanstack/react-router';
import { useEffect, useRef, type ReactNode } from 'react';
import { readPath } from '../../api/by-path.ts';
import { useDescription } from '../../api/description.ts';
import { useSession } from '../../api/use-read.ts';
import { Command, CopyId } from '../../ui/code.tsx';
import { Failure, Loading } from '../../ui/notice.tsx';
import { Card, Facts, PageHead, Section } from '../../kit/page.tsx';
import { isFields } from '../../kit/text-draft.ts';
import { isThere, settingsIn, writtenIn, type Of } from './all.ts';
import { Setting } from './setting.tsx';

function One({ of }: { of: Of }) {
  const found = useQuery({ queryKey: ['setting', of.path], queryFn: () => readPath(of.path) });
  if (found.error !== null)
    return (
      <Card>
        <h2 className="mb-2 font-semibold">{of.title}</h2>
        <Failure error={found.error} retry={() => void found.refetch()} />
      </Card>
    );
  if (!isFields(found.data)) return <Loading />;
  const there = isThere(of, found.data);
  return <Setting key={String(there)} of={of} value={writtenIn(of, found.data)} isThere={there} />;
}

/** Where an address with `#name` leads. The settings come after the page, too late for the browser to look for it. */
function Place({ name, children }: { name: string; children: ReactNode }) {
  const place = useRef<HTMLDivElement>(null);
  const { hash } = useLocation();
  useEffect(() => {
    if (hash === name) place.current?.scrollIntoView();
  }, [hash, name]);
  return (
    <div ref={place} id={name} className="mb-4 scroll-mt-4 break-inside-avoid">
      {children}
    </div>
  );
}

function All() {
  const description = useDescription();
  if (description.error !== null) return <Failure error={description.error} />;
  if (description.data === undefined) return <Loading lines={8} />;
  return (
    <div className="gap-4 xl:columns-2">
      {settingsIn(description.data).map((one) => (
        <Place key={one.path} name={one.name}>
          <One of={one} />
        </Place>
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
            ['The hub as a file, without secrets', <Command key="export" text="writ export > hub.yaml" />],
          ]}
        />
      </Section>
      <All />
    </>
  );
}
