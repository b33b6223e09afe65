// Which studies the worklist shows, and in which order.
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

function matches(row: StudyRow, choice: Choice): boolean {
  if (choice.state === 'problems' ? !hasProblem(row) : choice.state && row.state !== choice.state)
    return false;
  const text = choice.text.trim().toLowerCase();
  const names = [row.patient_id, row.accession, row.study_uid];
  return !text || names.some((name) => name.toLowerCase().includes(text));
}

function compare(a: StudyRow, b: StudyRow, column: Column): number {
  const x = a[column];
  const y = b[column];
  if (typeof x === 'string' && typeof y === 'string') return x.localeCompare(y);
  return Number(x ?? -1) - Number(y ?? -1);
}

export function chosen(rows: StudyRow[], choice: Choice): StudyRow[] {
  const sign = choice.ascending ? 1 : -1;
  return rows
    .filter((row) => matches(row, choice))
    .sort((a, b) => sign * compare(a, b, choice.column) || b.received - a.received);
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
