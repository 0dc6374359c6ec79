import { useQuery, useQueryClient } from '@tanstack/react-query';
import { useNavigate, useParams } from '@tanstack/react-router';
import { useState, type ReactNode } from 'react';
import { Button } from '../ui/button.tsx';
import { CopyId } from '../ui/code.tsx';
import { Dialog } from '../ui/dialog.tsx';
import { Loading } from '../ui/notice.tsx';
import { Tabs, type Tab } from '../ui/tabs.tsx';
import { Activity } from './activity.tsx';
import { AnyFacts } from './any-facts.tsx';
import { AsCode } from './as-code.tsx';
import { Confirm } from './confirm.tsx';
import { ObjectEdit, useConfigSchema } from './object-edit.tsx';
import { Missing } from './missing.tsx';
import { PageHead } from './page.tsx';
import { configOf, itemSchema } from './schema.ts';
import { StopNote } from './stop-note.tsx';
import type { Deed, ObjectSpec } from './spec.ts';
import { useFilters } from './use-filters.ts';

/** What has to be typed: the id where its author chose it, else the name; nobody types what a machine made up. */
function typedFor(id: string, name: string): string {
  const isMadeUp = (text: string): boolean => /^[a-z]{3}_[0-9a-v]{20,}$/.test(text);
  if (!isMadeUp(id)) return id;
  return isMadeUp(name) ? 'for good' : name;
}

function DeedButton<Item extends object>({ deed, id, name }: { deed: Deed<Item>; id: string; name: string }) {
  const [open, setOpen] = useState(false);
  const [told, setTold] = useState<ReactNode>();
  const queries = useQueryClient();
  return (
    <>
      <Button look={deed.breaks === undefined ? 'plain' : 'danger'} onClick={() => setOpen(true)}>
        {deed.verb}
      </Button>
      <Confirm
        open={open}
        onClose={() => setOpen(false)}
        title={`${deed.verb}: ${name}`}
        what={deed.breaks ?? `${deed.verb} ${name}?`}
        verb={deed.verb}
        reason={deed.reason ?? false}
        ends={deed.ends ?? false}
        {...(deed.isFinal === true ? { name: typedFor(id, name) } : {})}
        act={async (reason, until) => {
          const answer = await deed.run(id, reason, until);
          if (!answer.ok) return answer;
          setTold(deed.tell?.(answer.value));
          await queries.invalidateQueries();
          return { ok: true };
        }}
      />
      <Dialog open={told !== undefined} onClose={() => setTold(undefined)} title={deed.verb}>
        {told}
      </Dialog>
    </>
  );
}

function RemoveButton<Item extends object>({ of, id, name }: { of: ObjectSpec<Item>; id: string; name: string }) {
  const [open, setOpen] = useState(false);
  const navigate = useNavigate();
  const queries = useQueryClient();
  const { remove } = of;
  if (remove === undefined) return null;
  return (
    <>
      <Button look="danger" onClick={() => setOpen(true)}>
        Remove
      </Button>
      <Confirm
        open={open}
        onClose={() => setOpen(false)}
        title={`Remove ${name}`}
        name={typedFor(id, name)}
        what={of.removing ?? `This ${of.one} is removed at once, on every node, and with it all that refers to it.`}
        verb="Remove"
        act={async () => {
          const answer = await remove(id);
          if (!answer.ok) return answer;
          await navigate({ to: `/${of.room}` });
          await queries.invalidateQueries();
          return { ok: true };
        }}
      />
    </>
  );
}

function Code<Item extends object>({ of, item }: { of: ObjectSpec<Item>; item: Item }) {
  const root = useConfigSchema();
  const schema = root.data === undefined || of.collection === undefined ? undefined : itemSchema(root.data, of.collection);
  const id = of.idOf(item);
  const config =
    schema === undefined || of.collection === undefined ? undefined : { collection: of.collection, value: configOf(item, schema) };
  return (
    <AsCode
      key={String(schema === undefined)}
      of={{ config, api: `${of.room}/${encodeURIComponent(id)}`, cli: of.cli?.(item), value: item }}
    />
  );
}

function Overview<Item extends object>({ of: { elsewhere = [], says = {} }, item }: { of: ObjectSpec<Item>; item: Item }) {
  const told = new Map(Object.entries<((item: Item) => ReactNode) | undefined>(says).map(([name, say]) => [name, say?.(item)]));
  return <AnyFacts of={item} without={['id', ...elsewhere]} told={told} />;
}

function Shown<Item extends object>({ of, item }: { of: ObjectSpec<Item>; item: Item }) {
  const [{ tab = 'overview' }, choose] = useFilters();
  const id = of.idOf(item);
  const nameOf = of.useName ?? of.nameOf;
  const name = nameOf?.(item) ?? id;
  const isWritten = of.put !== undefined && of.isWritten?.(item) !== false;
  const parts: readonly Tab[] = (of.parts ?? []).map((part) => ({ id: part.id, title: part.title, body: () => part.body(item) }));
  const activity = of.activity?.(item);
  return (
    <>
      <PageHead
        eyebrow={<CopyId id={id} />}
        title={name}
        lead={
          of.marks === undefined ? undefined : (
            <span className="inline-flex max-w-full min-w-0 flex-wrap items-center gap-2">{of.marks(item)}</span>
          )
        }
        actions={
          <>
            {of.actions?.(item)}
            {(of.deeds ?? [])
              .filter((deed) => deed.fits(item))
              .map((deed) => (
                <DeedButton key={deed.verb} deed={deed} id={id} name={name} />
              ))}
            {(of.isRemovable?.(item) ?? (isWritten || of.put === undefined)) ? <RemoveButton of={of} id={id} name={name} /> : null}
          </>
        }
      />
      <StopNote room={of.room} item={item} id={id} />
      <Tabs
        label={`Parts of the ${of.one}`}
        at={tab}
        onAt={(next) => choose({ tab: next === 'overview' ? undefined : next })}
        tabs={[
          ...(parts[0]?.id === 'overview'
            ? parts
            : [{ id: 'overview', title: 'Overview', body: () => <Overview of={of} item={item} /> }, ...parts]),
          ...(activity === undefined ? [] : [{ id: 'activity', title: 'Activity', body: () => <Activity {...activity} /> }]),
          ...(isWritten
            ? [
                {
                  id: 'edit',
                  title: 'Edit',
                  body: () => (
                    <ObjectEdit
                      of={of}
                      id={id}
                      start={Object.fromEntries(Object.entries(item))}
                      onSaved={() => choose({ tab: undefined })}
                    />
                  ),
                },
              ]
            : []),
          { id: 'code', title: 'As code', body: () => <Code of={of} item={item} /> },
        ]}
      />
    </>
  );
}

function NewObject<Item extends object>({ of }: { of: ObjectSpec<Item> }) {
  const navigate = useNavigate();
  return (
    <>
      <PageHead title={`New ${of.one}`} />
      <ObjectEdit of={of} id={undefined} start={{}} onSaved={(id) => void navigate({ to: `/${of.room}/$id`, params: { id } })} />
    </>
  );
}

/** One object of any collection: overview, its own parts, activity, edit, as code. `+new` is an empty one. */
export function ObjectPage<Item extends object>({ of }: { of: ObjectSpec<Item> }) {
  const { id = '' } = useParams({ strict: false });
  const isNew = id === '+new' && of.put !== undefined;
  const found = useQuery({ queryKey: [of.room, 'one', id], queryFn: () => of.find(id), enabled: !isNew });
  if (isNew) return <NewObject of={of} />;
  if (found.error !== null) return <Missing what={of.one} error={found.error} retry={() => void found.refetch()} />;
  if (found.data === undefined) return <Loading lines={10} />;
  return <Shown key={of.idOf(found.data)} of={of} item={found.data} />;
}
