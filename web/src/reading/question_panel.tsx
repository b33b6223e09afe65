// Questions about a study, and their answers.
import type { RefObject } from 'preact';
import { useRef, useState } from 'preact/hooks';
import { post, route } from '../api';
import type { ReadingCommentList, ReadingNewComment } from '../api_types';
import { errorText, useAction, useData } from '../load';
import { Notice } from '../parts';
import { TextInput } from '../text_field';
import { texts } from '../texts';
import { MOST_QUESTION, trimmed } from '../typed';
import { focusFilm } from './study_keys';

const t = texts.reading;

/** What is written and not sent, by task, while its study is left for another page. */
const drafts = new Map<number, string>();

interface QuestionProps {
  task: number;
  film: number;
  filmName: (film: number) => string;
  box: string | null;
  field: RefObject<HTMLTextAreaElement>;
}

export function Questions({ task, film, filmName, box, field }: QuestionProps) {
  const path = route`/api/reading/tasks/${task}/comments`;
  const { data, error, reload } = useData<ReadingCommentList>(path);
  const [text, setText] = useState(drafts.get(task) ?? '');
  const action = useAction();
  const form = useRef<HTMLFormElement>(null);
  const send = async (event: Event): Promise<void> => {
    event.preventDefault();
    if (!trimmed(text)) return;
    const comment: ReadingNewComment = { film, text: trimmed(text), ...(box ? { box } : {}) };
    const sent = await action.start(async () => {
      await post(path, comment);
      await reload();
    });
    if (!sent) return field.current?.focus(); // the button has lost it
    setText('');
    drafts.delete(task);
    focusFilm(); // the button that was pressed is disabled, and would keep no focus
  };
  const write = (now: string): void => {
    setText(now);
    drafts.set(task, now);
  };
  const resolve = (number: number): void =>
    void action.start(async () => {
      await post(`${path}/${number}/resolve`);
      await reload();
    });
  const comments = data?.comments ?? [];
  return (
    <section class="study-questions">
      {comments.length > 0 && <h2>{t.questions}</h2>}
      {(error || action.error) && <Notice tone="bad">{action.error || errorText(error)}</Notice>}
      {/* it scrolls, by keyboard too */}
      <ul class="comments" aria-label={t.questions}
        {...(comments.length > 0 ? { tabIndex: 0 } : {})}>
        {comments.map((c) => (
          <li key={c.number} class={c.resolved ? 'resolved' : ''}>
            <small>
              {c.own ? t.you : c.author}
              {c.film !== null && ` · ${filmName(c.film)}`}
              {c.resolved && ` · ${t.resolved}`}
            </small>
            <p class="comment">{c.text}</p>
            {!c.resolved && (
              <button type="button" class="plain small" onClick={() => resolve(c.number)}>
                {t.resolve}
              </button>
            )}
          </li>
        ))}
      </ul>
      <form ref={form} class={text ? 'written' : ''} onSubmit={(e) => void send(e)}>
        <TextInput area={field} rows={1} value={text} aria-label={t.ask} placeholder={t.ask}
          most={MOST_QUESTION} onText={write} />
        <button type="submit" disabled={action.busy || !trimmed(text)}>
          {t.send}
        </button>
        <small>{t.askHint}</small>
      </form>
    </section>
  );
}
