import { Dialog as Base } from '@base-ui/react/dialog';
import { X } from 'lucide-react';
import type { ReactNode } from 'react';

const PLACES = {
  middle: 'top-[8vh] left-1/2 w-[min(36rem,calc(100vw-2rem))] max-h-[84vh] -translate-x-1/2 rounded-lg',
  side: 'top-0 right-0 h-full w-[min(46rem,100vw)]',
};

/** A window over the page; the focus stays in it, Escape closes it, and the page behind is out of reach. */
export function Dialog({
  open,
  onClose,
  title,
  place = 'middle',
  children,
}: {
  open: boolean;
  onClose: () => void;
  title: string;
  place?: keyof typeof PLACES;
  children: ReactNode;
}) {
  return (
    <Base.Root open={open} onOpenChange={(next) => (next ? undefined : onClose())}>
      <Base.Portal>
        <Base.Backdrop className="fixed inset-0 z-40 bg-black/45" />
        <Base.Popup className={`fixed z-50 overflow-y-auto border border-line bg-sheet p-5 shadow-float ${PLACES[place]}`}>
          <Base.Title className="mb-3 pr-9 text-lg font-semibold [overflow-wrap:anywhere]">{title}</Base.Title>
          {children}
          {/* Last, so that the focus begins in what the window is for. */}
          <Base.Close
            aria-label="Close"
            className="absolute top-4 right-4 inline-grid size-7 place-items-center rounded text-soft hover:bg-wash hover:text-ink"
          >
            <X size={16} aria-hidden="true" />
          </Base.Close>
        </Base.Popup>
      </Base.Portal>
    </Base.Root>
  );
}
