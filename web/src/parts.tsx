// Small parts that all pages use.
import type { ComponentChildren } from 'preact';
import { useId, useLayoutEffect, useRef } from 'preact/hooks';

import { texts } from './texts';

export type Tone = 'plain' | 'warn' | 'bad' | 'good' | 'info';

export function Badge({ tone, children }: { tone: Tone; children: ComponentChildren }) {
  return <span class={`badge ${tone}`}>{children}</span>;
}

export function Notice({ tone, children }: { tone: Tone; children: ComponentChildren }) {
  return (
    <p class={`notice ${tone}`} role={tone === 'bad' ? 'alert' : 'status'}>
      {children}
    </p>
  );
}

/** What takes the place of data that is not there: it loads, or it failed. */
export function Waiting({ error, retry }: { error: string; retry: () => void }) {
  if (!error) return <p class="waiting">{texts.loading}</p>;
  return (
    <div class="waiting">
      <Notice tone="bad">{error}</Notice>
      <button type="button" onClick={retry}>
        {texts.retryLoad}
      </button>
    </div>
  );
}

interface DialogProps {
  title: string;
  children: ComponentChildren;
  /** Absent: it cannot be closed by Escape. */
  onClose?: () => void;
}

export function Dialog({ title, children, onClose }: DialogProps) {
  const element = useRef<HTMLDialogElement>(null);
  const id = useId();
  // before the effects of the contents, which may move the focus
  useLayoutEffect(() => {
    const before = document.activeElement;
    element.current?.showModal();
    return () => {
      if (before instanceof HTMLElement) before.focus();
    };
  }, []);
  const cancel = (event: Event): void => {
    event.preventDefault();
    onClose?.();
  };
  /** A browser closes a dialog all the same when Escape is pressed again, or without a click before
   * it. One that must be answered is shown again; the key is kept away from it, so that the focus
   * stays where it is. */
  const closed = (): void => {
    if (onClose) onClose();
    else element.current?.showModal();
  };
  const keepKey = (event: KeyboardEvent): void => {
    if (event.key === 'Escape' && !onClose) event.preventDefault();
  };
  return (
    <dialog ref={element} aria-labelledby={id} onCancel={cancel} onClose={closed}
      onKeyDown={keepKey}>
      <h2 id={id}>{title}</h2>
      {children}
    </dialog>
  );
}

interface FieldProps {
  label: string;
  children: (id: string) => ComponentChildren;
  hint?: string;
}

export function Field({ label, hint, children }: FieldProps) {
  const id = useId();
  return (
    <div class="field">
      <label for={id}>{label}</label>
      {children(id)}
      {hint && <small>{hint}</small>}
    </div>
  );
}

/** A confirmation before something that cannot be undone. */
export function Confirm(props: {
  title: string;
  text: string;
  action: string;
  error: string;
  busy: boolean;
  onConfirm: () => void;
  onClose: () => void;
}) {
  return (
    <Dialog title={props.title} onClose={props.onClose}>
      <p>{props.text}</p>
      {props.error && <Notice tone="bad">{props.error}</Notice>}
      <div class="buttons">
        <button type="button" onClick={props.onClose}>
          {texts.cancel}
        </button>
        <button type="button" class="danger" disabled={props.busy} onClick={props.onConfirm}>
          {props.action}
        </button>
      </div>
    </Dialog>
  );
}
