import { useQuery } from '@tanstack/react-query';
import { read } from '../../api/client.ts';
import type { Value } from '../../api/use-read.ts';
import { Command } from '../../ui/code.tsx';
import { Empty, Failure, Loading } from '../../ui/notice.tsx';
import { Section } from '../../kit/page.tsx';
import { EventTable, type AuditEvent } from '../../kit/event-table.tsx';

type Resource = Value<'getResourcesById'>;

function isAbout(event: AuditEvent, { id, uri }: Resource): boolean {
  const said = JSON.stringify([event.target, event.data]);
  return said.includes(JSON.stringify(uri)) || said.includes(JSON.stringify(id));
}

/** What real clients ran into lately, of all kinds of refusal there are on the way to a token. */
async function refusals(resource: Resource): Promise<readonly AuditEvent[]> {
  const types = ['token.refused', 'journey.refused', 'client.refused'] as const;
  const pages = await Promise.all(types.map((type) => read('getEvents', { query: { type, limit: 200 } })));
  return pages
    .flatMap((page) => page.items)
    .filter((event) => isAbout(event, resource))
    .toSorted((a, b) => (a.time < b.time ? 1 : -1))
    .slice(0, 50);
}

/** Why a client does not get through: the way there as the program walks it, and what failed for real ones. */
export function Doctor({ of }: { of: Resource }) {
  const found = useQuery({ queryKey: ['refusals', of.id], queryFn: () => refusals(of) });
  return (
    <>
      <Section title="Walk the way of a client">
        <p className="mb-2 max-w-[70ch] text-soft">
          Challenge, metadata, registration, sign-in: the program goes there as an MCP client does, and says at which step it ends and how
          to mend it.
        </p>
        <Command text={`writ doctor ${of.uri}`} />
      </Section>
      <Section title="Where real clients were refused">
        {found.error === null ? null : <Failure error={found.error} />}
        {found.isPending ? <Loading /> : null}
        {found.data?.length === 0 ? <Empty>Nobody was refused lately on the way to this resource.</Empty> : null}
        {found.data === undefined || found.data.length === 0 ? null : <EventTable items={found.data} />}
      </Section>
    </>
  );
}
