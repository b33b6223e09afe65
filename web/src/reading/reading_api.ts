// The calls of the reading room.
import { ApiError, call, get, post, route } from '../api';
import type {
  ReadingActivity,
  ReadingConflict,
  ReadingNext,
  ReadingOpList,
  ReadingRev,
  ReadingState,
  ReadingTask,
} from '../api_types';
import type { Pending } from './op_db';

export const fetchTask = (task: number): Promise<ReadingTask> =>
  get(route`/api/reading/tasks/${task}`);

export const fetchOps = (task: number, after: number): Promise<ReadingOpList> =>
  get(`${route`/api/reading/tasks/${task}/ops`}?after=${after}`);

/** Operations in a batch; the service takes more (service/reading/reading_log.h). */
export const MOST_OPS = 200;

export async function sendOps(
  task: number,
  client: string,
  rev: number,
  ops: readonly Pending[],
): Promise<ReadingRev | ReadingConflict> {
  const body = {
    client,
    base_rev: rev,
    ops: ops.map(({ seq, at, op }) => ({ seq, at, ...op })),
  };
  try {
    return await call<ReadingRev>('POST', route`/api/reading/tasks/${task}/ops`, body);
  } catch (e) {
    if (e instanceof ApiError && e.status === 409 && e.body && 'ops' in e.body)
      return e.body as unknown as ReadingConflict;
    throw e;
  }
}

export const completeTask = (task: number): Promise<ReadingState> =>
  post(route`/api/reading/tasks/${task}/complete`);

export const reopenTask = (task: number): Promise<ReadingState> =>
  post(route`/api/reading/tasks/${task}/reopen`);

export const nextTask = (after?: number): Promise<ReadingNext> =>
  post('/api/reading/tasks/next', after ? { after } : {});

/** Which task is next; it is not opened. */
export const lookAhead = (after: number): Promise<ReadingNext> =>
  post('/api/reading/tasks/next', { after, open: false });

export const sendActivity = (task: number, a: ReadingActivity): Promise<void> =>
  post(route`/api/reading/tasks/${task}/activity`, a);
