import { Word } from '../../ui/badge.tsx';
import { CopyId } from '../../ui/code.tsx';
import { Empty } from '../../ui/notice.tsx';
import { Time } from '../../ui/time.tsx';
import { Facts } from '../../kit/page.tsx';
import type { AgentDetail } from './columns.tsx';

const BY: Readonly<Record<string, string>> = {
  registration: 'an administrator registered it here',
  vendor_address: 'its document is published where only its vendor can publish',
  listed_host: 'an administrator trusts the host of its document',
  administrator: 'an administrator said so of it',
};

const KIND: Readonly<Record<string, string>> = {
  manual: 'by hand',
  dcr: 'by itself, over the wire (DCR)',
  cimd: 'by its own document (CIMD)',
  workload: 'as a workload that a platform vouches for',
};

const METHOD: Readonly<Record<string, string>> = {
  none: 'nothing: it is public, and holds no secret',
  client_secret_basic: 'a secret (client_secret_basic)',
  client_secret_post: 'a secret (client_secret_post)',
  private_key_jwt: 'its own key (private_key_jwt)',
};

/** What is known of where the client came from, and why it counts as verified if it does. */
export function EvidenceOf({ agent: { evidence } }: { agent: AgentDetail }) {
  if (evidence === null) return <Empty>Its client is gone, or is the hub’s own.</Empty>;
  const { registration, host, registeredAt, registeredFrom, verified, verifiedBy, authMethod, redirectHosts, document } = evidence;
  return (
    <Facts
      of={[
        ['Registered', KIND[registration] ?? registration],
        ['When', <Time key="at" at={registeredAt} />],
        ['From', registeredFrom ?? 'not recorded'],
        [
          'Evidence',
          <span key="verified">
            <Word of={verified ? 'verified' : 'unverified'} /> {verifiedBy === null ? 'nobody vouches for its name' : BY[verifiedBy]}
          </span>,
        ],
        ['Host', host ?? '–'],
        ['Sends people back to', redirectHosts.length === 0 ? 'nowhere' : redirectHosts.join(', ')],
        ['Proves itself by', METHOD[authMethod] ?? authMethod],
        document === null
          ? undefined
          : [
              'Its document',
              <span key="document">
                {document.source === 'pinned' ? 'kept with the hub, as of ' : 'read '}
                <Time at={document.fetchedAt} /> <CopyId id={document.digest} />
              </span>,
            ],
      ]}
    />
  );
}
