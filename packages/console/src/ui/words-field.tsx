import { useState, type ReactNode } from 'react';
import { TextField } from './field.tsx';
import { wordsOf } from './words.ts';

/** Several words in one field. What is typed stays as typed until it means something else. */
export function WordsField({
  label,
  value,
  onWords,
  hint,
  fault,
  placeholder,
}: {
  label: string;
  value: readonly string[];
  onWords: (words: string[]) => void;
  hint?: ReactNode;
  fault?: string | undefined;
  placeholder?: string;
}) {
  const [typed, setTyped] = useState(value.join(' '));
  const isSame = wordsOf(typed).join(' ') === value.join(' ');
  return (
    <TextField
      label={label}
      hint={hint}
      fault={fault}
      placeholder={placeholder}
      value={isSame ? typed : value.join(' ')}
      onChange={(event) => {
        setTyped(event.target.value);
        onWords(wordsOf(event.target.value));
      }}
    />
  );
}
