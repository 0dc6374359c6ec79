/** Classes of the editor's controls, once. */
const PLAIN = 'inline-flex items-center justify-center gap-1.5 rounded-md border px-2.5 py-1 text-sm font-medium whitespace-nowrap';

export const BUTTON = `${PLAIN} border-line bg-sheet text-ink hover:bg-sunk disabled:text-soft disabled:opacity-60 disabled:hover:bg-sheet`;
export const PRIMARY = `${PLAIN} border-accent bg-accent text-on-accent hover:bg-accent-deep disabled:border-line disabled:bg-sunk disabled:text-soft`;
export const DANGER = `${PLAIN} border-high bg-sheet text-high hover:bg-high-wash disabled:border-line disabled:text-soft disabled:opacity-60`;
export const ICON_BUTTON = 'inline-grid size-8 place-items-center rounded-md text-ink hover:bg-sunk disabled:text-soft disabled:opacity-50';
export const INPUT =
  'w-full min-w-0 rounded-md border border-field bg-sheet px-2 py-1 text-sm text-ink placeholder:text-soft aria-invalid:border-high';
export const LABEL = 'block text-sm font-medium text-ink';
export const HINT = 'text-xs text-soft';
export const WRONG = 'text-xs text-high';
export const HEADING = 'text-xs font-semibold tracking-wide text-soft uppercase';
