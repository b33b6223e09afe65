// What the manager brings into a project: films that the node received, and annotations of a
// person.
import { useState } from 'preact/hooks';
import { post, route } from '../api';
import type { ReadingReadsImported } from '../api_types';
import { FileForm } from '../file_form';
import { Dialog } from '../parts';
import { TextField } from '../text_field';
import { texts } from '../texts';
import { MOST_LOGIN, trimmed } from '../typed';
import { NumberField } from './manager_assign';
import { ReceivedStudies } from './manager_received';

const t = texts.manager;
const MOST = 32 << 20; // bytes, as the service says
const MOST_RAD_ID = 200;

interface ReadingsProps {
  project: string;
  onDone: () => void;
  onClose: () => void;
}

/** A file of annotations becomes the readings of a person. */
function Readings({ project, onDone, onClose }: ReadingsProps) {
  const [reader, setReader] = useState('');
  const [radId, setRadId] = useState('');
  const [round, setRound] = useState('1');
  const send = async (file: File): Promise<string> => {
    const query = new URLSearchParams({ reader: trimmed(reader), round, name: nameOf(file) });
    if (trimmed(radId)) query.set('rad_id', trimmed(radId));
    const path = `${route`/api/reading/projects/${project}/readings`}?${query}`;
    const done = await post<ReadingReadsImported>(path, file);
    onDone();
    return t.importedReadings(done);
  };
  return (
    <Dialog title={t.importReadings} onClose={onClose}>
      <p class="muted small">{t.importReadingsText}</p>
      <FileForm label={t.importFile} accept=".csv,.json,text/csv,application/json" most={MOST}
        tooLarge={t.importTooLarge} submit={t.importSubmit} incomplete={!trimmed(reader) || !round}
        send={send} onClose={onClose}>
        <TextField label={t.importReader} required value={reader} most={MOST_LOGIN}
          onText={setReader} />
        <TextField label={t.importRadId} hint={t.importRadIdHint} value={radId} most={MOST_RAD_ID}
          onText={setRadId} />
        <NumberField label={t.round} value={round} least={1} most={100} onChange={setRound} />
      </FileForm>
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
