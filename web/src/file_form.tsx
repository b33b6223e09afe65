// A form that sends a file to the service and says what became of it.
import type { ComponentChildren } from 'preact';
import { useState } from 'preact/hooks';

import { useAction } from './load';
import { Field, Notice } from './parts';
import { texts } from './texts';

interface FileFormProps {
  /** Of the field in which the file is chosen. */
  label: string;
  /** Kinds of files, as the attribute `accept` lists them. */
  accept: string;
  /** Bytes that the service takes. */
  most: number;
  tooLarge: string;
  submit: string;
  /** Another field still has to be filled in. */
  incomplete?: boolean;
  /** Sends the file; what was done, in words. */
  send: (file: File) => Promise<string>;
  /** Other fields. */
  children?: ComponentChildren;
  /** Closes the dialog that the form stands in. */
  onClose?: () => void;
}

export function FileForm(props: FileFormProps) {
  const { incomplete = false, onClose } = props;
  const [file, setFile] = useState<File | null>(null);
  const [done, setDone] = useState('');
  const action = useAction();
  const submit = (event: Event): void => {
    event.preventDefault();
    if (!file) return;
    setDone('');
    void action.start(async () => {
      if (file.size > props.most) throw props.tooLarge;
      setDone(await props.send(file));
    });
  };
  return (
    <form onSubmit={submit}>
      <Field label={props.label}>
        {(id) => (
          <input id={id} type="file" accept={props.accept} required
            onChange={(e) => setFile(e.currentTarget.files?.[0] ?? null)} />
        )}
      </Field>
      {props.children}
      {action.error && <Notice tone="bad">{action.error}</Notice>}
      {done && <Notice tone="good">{done}</Notice>}
      <div class={onClose ? 'buttons' : ''}>
        {onClose && (
          <button type="button" onClick={onClose}>
            {texts.close}
          </button>
        )}
        <button type="submit" class="primary" disabled={action.busy || !file || incomplete}>
          {props.submit}
        </button>
      </div>
    </form>
  );
}
