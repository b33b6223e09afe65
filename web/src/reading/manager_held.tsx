// Films that readers do not get until the manager has looked at them: text may be burned into them.
import { useState } from 'preact/hooks';
import { post, route } from '../api';
import type { ReadingHeld, ReadingHeldFilm } from '../api_types';
import { useAction, useData } from '../load';
import { Dialog, Notice, Waiting } from '../parts';
import { TextField } from '../text_field';
import { texts } from '../texts';
import { MOST_REASON, trimmed } from '../typed';
import { HeldPicture } from './held_picture';

const t = texts.manager;

interface DecideProps {
  project: string;
  film: ReadingHeldFilm;
  onDone: () => void;
  onClose: () => void;
}

/** The film, and what becomes of it. */
function Decide({ project, film, onDone, onClose }: DecideProps) {
  const [reason, setReason] = useState('');
  const action = useAction();
  const decide = (decision: 'release' | 'reject'): void =>
    void action
      .start(() =>
        post(route`/api/reading/projects/${project}/held/${film.film}`, {
          decision,
          ...(decision === 'reject' ? { reason: trimmed(reason) } : {}),
        }),
      )
      .then((sent) => sent && onDone());
  return (
    <Dialog title={t.heldTitle} onClose={onClose}>
      <p>
        {film.image_id}: {film.why}
      </p>
      <HeldPicture film={film.film} />
      <p class="muted small">{t.heldText}</p>
      <TextField label={t.heldReason} value={reason} most={MOST_REASON} onText={setReason} />
      {action.error && <Notice tone="bad">{action.error}</Notice>}
      <div class="buttons">
        <button type="button" onClick={onClose}>
          {texts.cancel}
        </button>
        <button type="button" class="danger" disabled={action.busy || !trimmed(reason)}
          onClick={() => decide('reject')}>
          {t.heldReject}
        </button>
        <button type="button" class="primary" disabled={action.busy}
          onClick={() => decide('release')}>
          {t.heldRelease}
        </button>
      </div>
    </Dialog>
  );
}

export function Held({ project, onDone }: { project: string; onDone: () => void }) {
  const path = route`/api/reading/projects/${project}/held`;
  const { data, error, reload } = useData<ReadingHeld>(path);
  const [open, setOpen] = useState<ReadingHeldFilm | null>(null);
  if (!data) return <Waiting error={error} retry={() => void reload()} />;
  if (data.films.length === 0) return null;
  const done = (): void => {
    setOpen(null);
    void reload();
    onDone();
  };
  return (
    <section>
      <h2>{t.held}</h2>
      <table>
        <thead>
          <tr>
            <th scope="col">{t.study}</th>
            <th scope="col">{t.film}</th>
            <th scope="col">{t.heldWhy}</th>
            <th scope="col" class="actions">
              <span class="hidden">{t.heldLook}</span>
            </th>
          </tr>
        </thead>
        <tbody>
          {data.films.map((f) => (
            <tr key={f.film}>
              <th scope="row" class="uid">{f.study_id}</th>
              <td class="uid">{f.image_id}</td>
              <td>
                {f.why}
                {f.rejected && <small>{t.heldRejected(f.rejected)}</small>}
              </td>
              <td class="actions">
                <button type="button" onClick={() => setOpen(f)}>
                  {t.heldLook}
                </button>
              </td>
            </tr>
          ))}
        </tbody>
      </table>
      {open && (
        <Decide project={project} film={open} onDone={done} onClose={() => setOpen(null)} />
      )}
    </section>
  );
}
