import { Button } from '../ui/button.tsx';
import { Notice } from '../ui/notice.tsx';
import { PageHead } from './page.tsx';

/** Where a page failed: a fault of the console, or files of it that a newer build has replaced while it was open. */
export function BrokenPage({ error }: { error: unknown }) {
  return (
    <>
      <PageHead
        title="This page failed"
        lead="The hub may have been updated while the console was open; loading the page again helps then."
      />
      <div className="grid justify-items-start gap-3">
        <Notice tone="bad" role="alert">
          {error instanceof Error ? error.message : String(error)}
        </Notice>
        <Button onClick={() => location.reload()}>Load it again</Button>
      </div>
    </>
  );
}
