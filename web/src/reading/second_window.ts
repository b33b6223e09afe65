// A study in two windows, for a room with two screens: each shows another film. Both have the whole
// study; session.ts keeps them the same. When one of them goes on to the next study, the other
// follows.
import { useEffect } from 'preact/hooks';
import { address } from '../router';

const SECOND = 'second';
const channel = new BroadcastChannel('spinexr-reading-windows');
let opened: Window | null = null;

interface Move {
  from: number;
  to: number | null;
}

/** null: the worklist. */
export const studyAddress = (task: number | null, second: boolean): string =>
  task === null
    ? address('reading')
    : address('reading', String(task), ...(second ? [SECOND] : []));

export const isSecond = (part: string | undefined): boolean => part === SECOND;

export function openSecond(task: number): void {
  const { availWidth, availHeight } = screen;
  const size = `popup,width=${availWidth},height=${availHeight}`;
  opened = window.open(studyAddress(task, true), `spinexr-${SECOND}`, size);
}

/** Whether the study is shown in two windows: only the one with the focus is looked at then. */
export const isOneOfTwo = (second: boolean): boolean =>
  second || (opened !== null && !opened.closed);

/** This window goes on to another study. */
export const tellNext = (from: number, to: number | null): void =>
  channel.postMessage({ from, to } satisfies Move);

/** Goes where the other window goes. */
export function useFollowing(task: number, second: boolean): void {
  useEffect(() => {
    const follow = ({ data }: MessageEvent<Move>): void => {
      if (data.from === task && isOneOfTwo(second)) location.hash = studyAddress(data.to, second);
    };
    channel.addEventListener('message', follow);
    return () => channel.removeEventListener('message', follow);
  }, [task, second]);
}
