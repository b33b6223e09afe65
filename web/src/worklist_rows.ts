// Which studies the worklist asks for, and in which order.
import type { StudyRow } from './api_types';

export type Column =
  | 'patient_id'
  | 'study_date'
  | 'received'
  | 'state'
  | 'probability'
  | 'findings'
  | 'films'
  | 'undelivered'
  | 'opinions'
  | 'dead_jobs';

export interface Choice {
  text: string;
  /** A state, "problems", or "" for all. */
  state: string;
  column: Column;
  ascending: boolean;
}

export const hasProblem = (row: StudyRow): boolean =>
  row.state === 'dead' || row.dead_jobs > 0 || row.not_scored > 0;

/** The request for `most` studies of the choice, from number `first` on. */
export function requestOf(choice: Choice, first: number, most: number): string {
  const query = new URLSearchParams({
    sort: choice.column,
    order: choice.ascending ? 'ascending' : 'descending',
    first: String(first),
    most: String(most),
  });
  const text = choice.text.trim();
  if (text) query.set('text', text);
  if (choice.state) query.set('state', choice.state);
  return `/api/studies?${query}`;
}

/** The rows as they were, with their new values; rows that are new are left out. */
export function inPlace(shown: StudyRow[], fresh: StudyRow[]): StudyRow[] {
  const byUid = new Map(fresh.map((row) => [row.study_uid, row]));
  return shown.map((row) => byUid.get(row.study_uid) ?? row);
}

export const newRows = (shown: StudyRow[], fresh: StudyRow[]): number => {
  const known = new Set(shown.map((row) => row.study_uid));
  return fresh.filter((row) => !known.has(row.study_uid)).length;
};
