import { useId, type ComponentProps, type ReactNode } from 'react';

const BOX =
  'w-full min-w-0 min-h-[2.3rem] rounded-md border border-field bg-sheet px-2.5 py-1 text-ink placeholder:text-soft aria-[invalid=true]:border-high aria-[invalid=true]:border-2';

type Shown = { label: string; hint?: ReactNode; fault?: string | undefined; hideLabel?: boolean };

/** A label, what belongs in the field, and what is wrong with what is there. `children` gets what ties them together. */
export function Field({
  label,
  hint,
  fault,
  hideLabel = false,
  children,
}: Shown & { children: (tie: { id: string; 'aria-invalid': boolean; 'aria-describedby': string | undefined }) => ReactNode }) {
  const id = useId();
  const described = [hint === undefined ? '' : `${id}-hint`, fault === undefined ? '' : `${id}-fault`].filter(Boolean).join(' ');
  return (
    <div className="grid min-w-0 content-start gap-1">
      <label htmlFor={id} className={hideLabel ? 'sr-only' : 'text-[0.9rem] font-semibold'}>
        {label}
      </label>
      {children({ id, 'aria-invalid': fault !== undefined, 'aria-describedby': described === '' ? undefined : described })}
      {hint === undefined ? null : (
        <p id={`${id}-hint`} className="text-[0.86rem] text-soft">
          {hint}
        </p>
      )}
      {fault === undefined ? null : (
        <p id={`${id}-fault`} className="text-[0.86rem] font-medium text-high">
          {fault}
        </p>
      )}
    </div>
  );
}

export function TextField({ label, hint, fault, hideLabel, className = '', ...rest }: Shown & Omit<ComponentProps<'input'>, 'id'>) {
  return (
    <Field label={label} hint={hint} fault={fault} hideLabel={hideLabel ?? false}>
      {(tie) => <input type="text" autoComplete="off" spellCheck={false} {...rest} {...tie} className={`${BOX} ${className}`} />}
    </Field>
  );
}

export function TextArea({ label, hint, fault, hideLabel, className = '', ...rest }: Shown & Omit<ComponentProps<'textarea'>, 'id'>) {
  return (
    <Field label={label} hint={hint} fault={fault} hideLabel={hideLabel ?? false}>
      {(tie) => <textarea spellCheck={false} {...rest} {...tie} className={`${BOX} py-2 ${className}`} />}
    </Field>
  );
}

/** A choice of words. `options`: what is sent, and what is read where that is another. */
export function SelectField({
  label,
  hint,
  fault,
  hideLabel,
  options,
  className = '',
  ...rest
}: Shown & Omit<ComponentProps<'select'>, 'id'> & { options: readonly (string | readonly [value: string, text: string])[] }) {
  return (
    <Field label={label} hint={hint} fault={fault} hideLabel={hideLabel ?? false}>
      {(tie) => (
        <select {...rest} {...tie} className={`${BOX} pr-1 ${className}`}>
          {options.map((option) => {
            const [value, text] = typeof option === 'string' ? [option, option] : option;
            return (
              <option key={value} value={value}>
                {text}
              </option>
            );
          })}
        </select>
      )}
    </Field>
  );
}

export function CheckField({
  label,
  hint,
  ...rest
}: { label: ReactNode; hint?: ReactNode } & Omit<ComponentProps<'input'>, 'type' | 'id'>) {
  const id = useId();
  return (
    <div className="flex min-h-[26px] min-w-0 items-start gap-2">
      <input id={id} type="checkbox" {...rest} className="mt-[3px] size-[16px] shrink-0 accent-accent" />
      <label htmlFor={id} className="min-w-0">
        {label}
        {hint === undefined ? null : <span className="block text-[0.86rem] text-soft">{hint}</span>}
      </label>
    </div>
  );
}
