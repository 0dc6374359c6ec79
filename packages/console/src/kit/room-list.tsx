import { Link } from '@tanstack/react-router';
import { Plus } from 'lucide-react';
import { buttonClass } from '../ui/button.tsx';
import { List } from './list-page.tsx';
import { PageHead } from './page.tsx';
import type { Spec } from './spec.ts';

/** The list of any collection. */
export function RoomList<Item extends object>({ of }: { of: Spec<Item> }) {
  return (
    <>
      <PageHead
        title={of.title}
        lead={of.lead}
        actions={
          of.put === undefined ? undefined : (
            <Link to={`/${of.room}/+new`} className={buttonClass('primary')}>
              <Plus size={14} aria-hidden="true" /> New {of.one}
            </Link>
          )
        }
      />
      <List
        name={of.room}
        read={of.list}
        columns={of.columns}
        keyOf={of.idOf}
        filters={of.filters ?? []}
        empty={of.empty}
        command={of.command}
      />
    </>
  );
}
