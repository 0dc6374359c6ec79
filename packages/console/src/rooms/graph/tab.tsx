import { lazy, Suspense } from 'react';
import { Loading } from '../../ui/notice.tsx';
import type { Part } from '../../kit/spec.ts';
import type { Kind } from './model.ts';

/** What draws is loaded when the tab is first seen. */
const Inner = lazy(async () => ({ default: (await import('./access.tsx')).Access }));

/** Who reaches it, or what is reached from it. */
export function AccessTab({ kind, id }: { kind: Kind; id: string }) {
  return (
    <Suspense fallback={<Loading lines={8} />}>
      <Inner of={{ kind, id }} />
    </Suspense>
  );
}

/** The same as a part of the page of an object. */
export function accessPart<Item>(kind: Kind, idOf: (item: Item) => string, title = 'Access'): Part<Item> {
  return { id: 'reach', title, body: (item) => <AccessTab kind={kind} id={idOf(item)} /> };
}
