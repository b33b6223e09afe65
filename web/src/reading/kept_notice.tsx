// Tells a reader what only this browser has.
import { useState } from 'preact/hooks';
import { useAction } from '../load';
import { Confirm, Notice } from '../parts';
import { texts } from '../texts';
import type { Kept, KeptWork } from './kept_work';
import { giveUpKept } from './use_kept';

const t = texts.reading.kept;

const countOf = (all: readonly Kept[], state: Kept['state']): number =>
  all.filter((k) => k.state === state).reduce((sum, k) => sum + k.count, 0);

/** Of studies that are not this reader's any more. */
function Lost({ kept }: { kept: KeptWork }) {
  const [asks, setAsks] = useState(false);
  const action = useAction();
  const tasks = [...kept].filter(([, k]) => k.state === 'lost').map(([task]) => task);
  const count = countOf([...kept.values()], 'lost');
  if (count === 0) return null;
  const giveUp = async (): Promise<void> => {
    if (await action.start(() => giveUpKept(tasks))) setAsks(false);
  };
  return (
    <>
      <Notice tone="warn">
        {t.lost(count)}{' '}
        <button type="button" onClick={() => setAsks(true)}>
          {texts.reading.discard}
        </button>
      </Notice>
      {asks && (
        <Confirm title={texts.reading.discard} text={t.giveUp(count)}
          action={texts.reading.discard} error={action.error} busy={action.busy}
          onConfirm={() => void giveUp()} onClose={() => setAsks(false)} />
      )}
    </>
  );
}

export function KeptNotice({ kept }: { kept: KeptWork }) {
  const all = [...kept.values()];
  const [waits, asks] = [countOf(all, 'waits'), countOf(all, 'asks')];
  return (
    <>
      {waits > 0 && <Notice tone="warn">{t.waits(waits)}</Notice>}
      {asks > 0 && <Notice tone="warn">{t.asks(asks)}</Notice>}
      <Lost kept={kept} />
    </>
  );
}
