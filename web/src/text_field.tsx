// A field for text. Its limit is in bytes of UTF-8, as the service counts (typed.ts).
import type { RefObject } from 'preact';

import { Field } from './parts';
import { typed } from './typed';

interface InputProps {
  value: string;
  /** Bytes. */
  most: number;
  onText: (text: string) => void;
  /** Of several lines; absent: of one. */
  rows?: number;
  area?: RefObject<HTMLTextAreaElement>;
  id?: string;
  'aria-label'?: string;
  placeholder?: string;
  pattern?: string;
  required?: boolean;
  autofocus?: boolean;
}

export function TextInput({ most, onText, rows, area, ...rest }: InputProps) {
  const input = (e: { currentTarget: HTMLInputElement | HTMLTextAreaElement }): void =>
    onText(typed(e, most));
  if (!rows) return <input {...rest} autocomplete="off" onInput={input} />;
  return <textarea {...rest} {...(area ? { ref: area } : {})} rows={rows} onInput={input} />;
}

type FieldProps = Omit<InputProps, 'id' | 'aria-label'> & { label: string; hint?: string };

export function TextField({ label, hint, ...input }: FieldProps) {
  return (
    <Field label={label} {...(hint ? { hint } : {})}>
      {(id) => <TextInput id={id} {...input} />}
    </Field>
  );
}
