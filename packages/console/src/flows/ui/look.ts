import { buttonClass } from '../../ui/button.tsx';

/** Classes of the editor's controls, which stand closer than those of other pages. */
export const BUTTON = buttonClass('plain', 'px-2.5');
export const PRIMARY = buttonClass('primary', 'px-2.5');
export const DANGER = buttonClass('danger', 'px-2.5');
export const ICON_BUTTON =
  'inline-grid size-8 shrink-0 place-items-center rounded-md text-ink hover:bg-sunk disabled:text-soft disabled:opacity-50 disabled:hover:bg-transparent';
export const INPUT =
  'w-full min-w-0 rounded-md border border-field bg-sheet px-2 py-1 text-sm text-ink placeholder:text-soft disabled:bg-sunk aria-invalid:border-high';
export const LABEL = 'block text-sm font-semibold text-ink';
export const HINT = 'text-xs text-soft';
export const WRONG = 'text-xs font-medium text-high break-words';
export const HEADING = 'text-xs font-semibold tracking-wide text-soft uppercase';
