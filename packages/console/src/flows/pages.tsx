import { lazy, Suspense } from 'react';
import { Loading } from '../ui/notice.tsx';

export { FlowsPage } from './list.tsx';

// The canvas and the language of expressions are most of this room, and the list needs neither.
const EditorPage = lazy(async () => ({ default: (await import('./editor-page.tsx')).EditorPage }));

/** One flow in its editor. */
export function FlowPage() {
  return (
    <Suspense fallback={<Loading lines={8} />}>
      <EditorPage />
    </Suspense>
  );
}
