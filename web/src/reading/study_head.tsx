// The line over the films: which study this is, undo, and the dialogs of the page.
import { useState } from 'preact/hooks';
import { Dialog } from '../parts';
import { address } from '../router';
import { texts } from '../texts';
import { ControlsDialog } from './controls_dialog';
import { type KeyTable, keyName } from './key_table';
import type { Study } from './use_study';

const t = texts.reading;

interface HeadProps {
  study: Study;
  keys: KeyTable;
  onGuide: () => void;
}

export function Head({ study: s, keys, onGuide }: HeadProps) {
  const [controls, setControls] = useState(false);
  const { task, session } = s;
  return (
    <div class="reading-head">
      {s.managed === undefined ? (
        <a href={address('reading')}>{t.back}</a>
      ) : (
        <a href={address('projects', s.managed)}>{s.managed}</a>
      )}
      <h1>{t.study(task.number, task.count)}</h1>
      <span class="muted" title={task.project.name}>
        {task.project.name}
      </span>
      {(task.repeat ?? 0) > 0 && <span class="badge info">{t.again}</span>}
      <span class="undo-buttons">
        <button type="button" class="tool" title={t.undoKey} disabled={s.closed} onClick={s.undo}>
          {t.undo}
        </button>
        <button type="button" class="tool" title={t.redoKey} disabled={s.closed}
          onClick={s.redo}>
          {t.redo}
        </button>
        {task.project.guide && (
          <button type="button" class="tool" title={keyName(keys.guide)} onClick={onGuide}>
            {t.guide}
          </button>
        )}
        <button type="button" class="tool" onClick={() => setControls(true)}>
          {t.controls.open}
        </button>
      </span>
      {controls && (
        <ControlsDialog login={session.login} labels={task.project.labels}
          onClose={() => setControls(false)} />
      )}
    </div>
  );
}

/** What the manager wants readers to know. */
export function GuideDialog({ guide, onClose }: { guide: string; onClose: () => void }) {
  return (
    <Dialog title={t.guideTitle} onClose={onClose}>
      <div class="help guide" tabIndex={0}>
        {guide}
      </div>
      <div class="buttons">
        <button type="button" class="primary" onClick={onClose}>
          {texts.close}
        </button>
      </div>
    </Dialog>
  );
}
