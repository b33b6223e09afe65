// What the manager brings into a project: films that the node received, and annotations of a
// person.
import { useState } from 'preact/hooks';
import { post, route } from '../api';
import type { ReadingReadsImported } from '../api_types';
import { useAction } from '../load';
import { Dialog, Field, Notice } from '../parts';
import { texts } from '../texts';
import { NumberField } from './manager_assign';
import { ReceivedStudies } from './manager_received';

const t = texts.manager;
const MOST = 32 << 20; // bytes, as the service says

interface ReadingsProps {
  project: string;
  onDone: () => void;
  onClose: () => void;
}

/** A file of annotations becomes the readings of a person. */
function Readings({ project, onDone, onClose }: ReadingsProps) {
  const [file, setFile] = useState<File | null>(null);
  const [reader, setReader] = useState('');
  const [radId, setRadId] = useState('');
  const [round, setRound] = useState('1');
  const [done, setDone] = useState<ReadingReadsImported | null>(null);
  const action = useAction();
  const send = async (event: Event): Promise<void> => {
    event.preventDefault();
    if (!file) return;
    setDone(null);
    await action.start(async () => {
      if (file.size > MOST) throw t.importTooLarge;
      const query = new URLSearchParams({ reader: reader.trim(), round, name: nameOf(file) });
      if (radId.trim()) query.set('rad_id', radId.trim());
      const path = `${route`/api/reading/projects/${project}/readings`}?${query}`;
      setDone(await post<ReadingReadsImported>(path, file));
      onDone();
    });
  };
  return (
    <Dialog title={t.importReadings} onClose={onClose}>
      <form onSubmit={(e) => void send(e)}>
        <p class="muted small">{t.importReadingsText}</p>
        <Field label={t.importFile}>
          {(id) => (
            <input id={id} type="file" accept=".csv,.json,text/csv,application/json" required
              onChange={(e) => setFile(e.currentTarget.files?.[0] ?? null)} />
          )}
        </Field>
        <Field label={t.importReader}>
          {(id) => (
            <input id={id} value={reader} required maxLength={64} autocomplete="off"
              onInput={(e) => setReader(e.currentTarget.value)} />
          )}
        </Field>
        <Field label={t.importRadId} hint={t.importRadIdHint}>
          {(id) => (
            <input id={id} value={radId} maxLength={200} autocomplete="off"
              onInput={(e) => setRadId(e.currentTarget.value)} />
          )}
        </Field>
        <NumberField label={t.round} value={round} least={1} most={100} onChange={setRound} />
        {action.error && <Notice tone="bad">{action.error}</Notice>}
        {done && <Notice tone="good">{t.importedReadings(done)}</Notice>}
        <div class="buttons">
          <button type="button" onClick={onClose}>
            {texts.close}
          </button>
          <button type="submit" class="primary"
            disabled={action.busy || !file || !reader.trim() || !round}>
            {t.importSubmit}
          </button>
        </div>
      </form>
    </Dialog>
  );
}

/** The service takes the name for its messages, in 100 bytes. */
const nameOf = (file: File): string => {
  const name = file.name.replace(/\p{Cc}/gu, ' ');
  return new TextEncoder().encode(name).length > 100 ? '' : name;
};

export function Import({ project, onDone }: { project: string; onDone: () => void }) {
  const [open, setOpen] = useState<'films' | 'readings' | ''>('');
  const close = (): void => setOpen('');
  return (
    <section>
      <h2>{t.import}</h2>
      <p class="muted small">{t.importText}</p>
      <div class="manager-buttons">
        <button type="button" onClick={() => setOpen('films')}>
          {t.importFilmsOpen}
        </button>
        <button type="button" onClick={() => setOpen('readings')}>
          {t.importReadingsOpen}
        </button>
      </div>
      {open === 'films' && <ReceivedStudies project={project} onDone={onDone} onClose={close} />}
      {open === 'readings' && <Readings project={project} onDone={onDone} onClose={close} />}
    </section>
  );
}
