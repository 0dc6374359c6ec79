import type { Answer, Arguments, Operation } from '@writ/admin-api';
import { ask } from '../../api/client.ts';
import { useRead, useSession } from '../../api/use-read.ts';
import { Command, CopyId } from '../../ui/code.tsx';
import { Failure, Loading } from '../../ui/notice.tsx';
import { Facts, PageHead, Section } from '../../kit/page.tsx';
import type { Fields } from '../../kit/text-draft.ts';
import { Setting } from './setting.tsx';

type Written =
  | 'putSettingsAccounts'
  | 'putSettingsApprovals'
  | 'putSettingsDelegation'
  | 'putSettingsProtection'
  | 'putSettingsRetention'
  | 'putRegistration';

/** A setting as somebody wrote it: its shape is known to the hub alone, which says what is wrong with it. */
function write(operation: Written, body: Fields): Promise<Answer<Operation>> {
  const args: Arguments<Operation> = JSON.parse(JSON.stringify({ body }));
  return ask<Operation>(operation, args);
}

const SETTINGS = [
  {
    read: 'getSettingsAccounts',
    put: 'putSettingsAccounts',
    title: 'Accounts',
    sentence: 'Whether people may open an account by themselves, and whether they need a second factor.',
  },
  {
    read: 'getRegistration',
    put: 'putRegistration',
    title: 'Registration',
    sentence: 'How clients may register by themselves: by their own document (CIMD) or over the wire (DCR).',
  },
  {
    read: 'getSettingsProtection',
    put: 'putSettingsProtection',
    title: 'Protection of requests',
    sentence: 'Nonces in DPoP proofs, pushed requests, ids of signed requests, for everybody.',
  },
  {
    read: 'getSettingsDelegation',
    put: 'putSettingsDelegation',
    title: 'Delegation',
    sentence: 'How often a token may be handed on by exchange. Policies may allow less.',
  },
  {
    read: 'getSettingsApprovals',
    put: 'putSettingsApprovals',
    title: 'Approvals',
    sentence: 'Whether backchannel requests tell who exists, and how fresh the sign-in of an approver must be.',
  },
  {
    read: 'getSettingsRetention',
    put: 'putSettingsRetention',
    title: 'Retention',
    sentence: 'For how many whole months the record is kept, as in "months: 13"; {} keeps all of it. What was given up is gone.',
  },
] as const;

function One({ of }: { of: (typeof SETTINGS)[number] }) {
  const found = useRead(of.read, {});
  if (found.error !== null) return <Failure error={found.error} />;
  if (found.data === undefined) return <Loading />;
  return <Setting title={of.title} sentence={of.sentence} value={found.data} put={(body) => write(of.put, body)} />;
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
      <div className="grid items-start gap-4 xl:grid-cols-2">
        {SETTINGS.map((one) => (
          <One key={one.title} of={one} />
        ))}
      </div>
    </>
  );
}
