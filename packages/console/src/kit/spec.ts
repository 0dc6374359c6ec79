import type { ReactNode } from 'react';
import type { Answer, Operation } from '@writ/admin-api';
import type { EventQuery } from './activity.tsx';
import type { Column, Filter } from './list-page.tsx';
import type { Page } from './listing.ts';
import type { Filters } from './use-filters.ts';

type Done = Answer<Operation>;

/** A deed on one object: freeze, lock, test. `breaks`: what it costs. `isFinal`: it cannot be undone, so the name has to be typed. */
export type Deed<Item> = {
  verb: string;
  fits: (item: Item) => boolean;
  /** `until`: in milliseconds, where it ends by itself. */
  run: (id: string, reason: string | undefined, until: number | undefined) => Promise<Done>;
  breaks?: ReactNode;
  isFinal?: boolean;
  reason?: boolean;
  /** It can end by itself. */
  ends?: boolean;
  /** What to show of the answer, once: a link, a secret. */
  tell?: (value: unknown) => ReactNode;
};

export type Part<Item> = { id: string; title: string; body: (item: Item) => ReactNode };

/** All that the page of one object needs to know: where it is read, what is shown, what may be done. */
export type ObjectSpec<Item extends object> = {
  /** In the address, and of the API. */
  room: string;
  one: string;
  idOf: (item: Item) => string;
  nameOf?: (item: Item) => string | undefined;
  /** In its place, where the name has to be read first. A hook. */
  useName?: (item: Item) => string | undefined;
  /** Members that a part shows, and the overview therefore does not. */
  elsewhere?: readonly (keyof Item & string)[];
  /** Members that the overview says in words of their own: an empty list may mean everything. */
  says?: { readonly [name in keyof Item & string]?: (item: Item) => ReactNode };
  find: (id: string) => Promise<Item>;
  /** Words under the title of an object. */
  marks?: (item: Item) => ReactNode;
  /** In the config file; absent: not written by hand. */
  collection?: string;
  put?: (id: string, body: object) => Promise<Done>;
  /** Whether this one may be written: what registered by itself may not. */
  isWritten?: (item: Item) => boolean;
  remove?: (id: string) => Promise<Done>;
  /** Whether this one may be removed, where that is not the same as whether it may be written. */
  isRemovable?: (item: Item) => boolean;
  removing?: ReactNode;
  deeds?: readonly Deed<Item>[];
  /** What can be done beside deeds, in the same line. */
  actions?: (item: Item) => ReactNode;
  parts?: readonly Part<Item>[];
  activity?: (item: Item) => { query?: EventQuery; target?: { type: string; id: string } };
  cli?: (item: Item) => string;
};

/** The same for a collection with a list of its own making. */
export type Spec<Item extends object> = ObjectSpec<Item> & {
  title: string;
  lead: ReactNode;
  list: (query: Filters & { cursor?: string }) => Promise<Page<Item>>;
  columns: readonly Column<Item>[];
  filters?: readonly Filter[];
  empty: ReactNode;
  command?: string;
};
