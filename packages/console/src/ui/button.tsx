import type { ComponentProps } from 'react';

const LOOKS = {
  primary: 'bg-accent border-accent text-on-accent hover:bg-accent-deep hover:border-accent-deep',
  plain: 'bg-sheet border-field text-ink hover:bg-wash',
  danger: 'bg-sheet border-high text-high hover:bg-high-wash',
  quiet: 'border-transparent text-soft hover:bg-wash hover:text-ink',
} as const;

export type Look = keyof typeof LOOKS;

/** The classes of a button, for links that look like one. */
export function buttonClass(look: Look = 'plain', extra = ''): string {
  return `inline-flex items-center justify-center gap-1.5 min-h-8 px-3 py-1 rounded-md border font-medium text-[0.93rem] leading-tight no-underline whitespace-nowrap disabled:opacity-55 ${LOOKS[look]} ${extra}`;
}

export function Button({ look = 'plain', className = '', ...rest }: ComponentProps<'button'> & { look?: Look }) {
  return <button type="button" {...rest} className={buttonClass(look, className)} />;
}
