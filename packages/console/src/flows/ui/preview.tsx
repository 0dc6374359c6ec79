import type { FlowGraph } from '@writ/flow';
import { Smartphone } from 'lucide-react';
import { useMemo, useState } from 'react';
import { Dialog } from '../../ui/dialog.tsx';
import { samplePage, showsPage } from '../model/sample-journey.ts';
import { HostedPage } from './hosted.tsx';
import { BUTTON, HEADING, HINT } from './look.ts';

/** What a person sees at this node, on a phone. */
export function Preview({ graph, id }: { graph: FlowGraph | undefined; id: string }) {
  const [open, setOpen] = useState(false);
  const page = useMemo(() => (open && graph !== undefined ? samplePage(graph, id) : undefined), [open, graph, id]);
  if (graph === undefined || !showsPage(graph, id)) return null;
  return (
    <section className="grid gap-2" aria-label="Preview">
      <h3 className={HEADING}>On a phone</h3>
      <button type="button" className={`${BUTTON} justify-self-start`} onClick={() => setOpen(true)}>
        <Smartphone size={14} aria-hidden="true" /> Show the page
      </button>
      <Dialog open={open} onClose={() => setOpen(false)} title={`What a person sees at ${id}`}>
        <div className="grid justify-items-center gap-2">
          {page === undefined ? (
            <p className={HINT}>What stands in the node cannot be read yet.</p>
          ) : (
            <HostedPage page={page} label={`Page of ${id}`} />
          )}
          <p className={HINT}>390 pixels wide, with a made-up person and request.</p>
        </div>
      </Dialog>
    </section>
  );
}
