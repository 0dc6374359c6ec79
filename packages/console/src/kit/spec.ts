import type { ReactNode } from 'react';
import type { Answer, Operation } from '@writ/admin-api';
import type { EventQuery, EventType } from './activity.tsx';
import type { Column, Filter, Page } from './list-page.tsx';
import type { Filters } from './use-filters.ts';

type Done = Answer<Operation>;

/** A deed on one object: freeze, lock, test. `breaks`: what it costs. `isFinal`: it cannot be undone, so the name has to be typed. */
export type Deed<Item> = {
  verb: string;
  fits: (item: Item) => boolean;
  run: (id: string, reason: string | undefined) => Promise<Done>;
  breaks?: ReactNode;
  isFinal?: boolean;
  reason?: boolean;
  /** What to show of the answer, once: a link, a secret. */
  tell?: (value: unknown) => ReactNode;
};

export type Part<Item> = { id: string; title: string; body: (item: Item) => ReactNode };

/** All that the pages of one collection need to know: where it is read, what is shown, what may be done. */
export type Spec<Item extends object> = {
  /** In the address, and of the API. */
  room: string;
  title: string;
  one: string;
  lead: ReactNode;
  list: (query: Filters & { cursor?: string }) => Promise<Page<Item>>;
  columns: readonly Column<Item>[];
  filters?: readonly Filter[];
  empty: ReactNode;
  command?: string;
  idOf: (item: Item) => string;
  nameOf?: (item: Item) => string | undefined;
  /** In its place, where the name has to be read first. A hook. */
  useName?: (item: Item) => string | undefined;
  /** Members that a part shows, and the overview therefore does not. */
  elsewhere?: readonly (keyof Item & string)[];
  find: (id: string) => Promise<Item>;
  /** Words under the title of an object. */
  marks?: (item: Item) => ReactNode;
  /** In the config file; absent: not written by hand. */
  collection?: string;
  put?: (id: string, body: object) => Promise<Done>;
  /** Whether this one may be written: what registered by itself may not. */
  isWritten?: (item: Item) => boolean;
  remove?: (id: string) => Promise<Done>;
  removing?: ReactNode;
  deeds?: readonly Deed<Item>[];
  parts?: readonly Part<Item>[];
  activity?: (item: Item) => { query?: EventQuery; target?: { type: string; id: string }; types?: readonly EventType[] };
  cli?: (item: Item) => string;
};
