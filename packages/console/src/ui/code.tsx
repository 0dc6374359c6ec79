import { Check, Copy } from 'lucide-react';
import { useState } from 'react';

/** Copies, and says so for a moment. */
function useCopied(): [boolean, (text: string) => void] {
  const [copied, setCopied] = useState(false);
  return [
    copied,
    (text) => {
      void navigator.clipboard.writeText(text).then(() => {
        setCopied(true);
        setTimeout(() => setCopied(false), 1_500);
      });
    },
  ];
}

export function CopyButton({ text, label = 'Copy' }: { text: string; label?: string }) {
  const [copied, copy] = useCopied();
  const Icon = copied ? Check : Copy;
  return (
    <button
      type="button"
      aria-label={copied ? 'Copied' : label}
      title={copied ? 'Copied' : label}
      className="inline-grid size-6 shrink-0 place-items-center rounded text-soft hover:bg-wash hover:text-ink"
      onClick={() => copy(text)}
    >
      <Icon size={13} aria-hidden="true" />
    </button>
  );
}

/** An id: whole where there is room, and always copied whole. */
export function CopyId({ id }: { id: string }) {
  return (
    <span className="inline-flex max-w-full min-w-0 items-center gap-0.5 align-bottom">
      <code className="truncate text-[0.86rem] text-soft" title={id}>
        {id}
      </code>
      <CopyButton text={id} label={`Copy ${id}`} />
    </span>
  );
}

/** One line to paste into a terminal. */
export function Command({ text }: { text: string }) {
  return (
    <span className="inline-flex max-w-full items-center gap-2 rounded-md border border-line bg-sunk py-1 pr-1 pl-3">
      <code className="min-w-0 text-[0.9rem] text-ink [overflow-wrap:anywhere]">{text}</code>
      <CopyButton text={text} />
    </span>
  );
}

/** Text of a program, scrolling by itself where it is wide or long. */
export function CodeBlock({ text, label, tall = false }: { text: string; label: string; tall?: boolean }) {
  return (
    <div className="relative min-w-0">
      <div className="absolute top-1.5 right-1.5 rounded bg-sunk">
        <CopyButton text={text} label={`Copy ${label}`} />
      </div>
      <pre
        tabIndex={0}
        role="region"
        aria-label={label}
        className={`overflow-auto rounded-md border border-line bg-sunk p-3 pr-10 font-mono text-[0.86rem] leading-relaxed text-ink ${tall ? 'max-h-[70vh]' : 'max-h-96'}`}
      >
        {text}
      </pre>
    </div>
  );
}
