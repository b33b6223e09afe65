// Time at a film: while the page is visible, and while the reader does something in it.
import { useEffect } from 'preact/hooks';
import { sendActivity } from './reading_api';

const PERIOD = 15_000; // ms between reports
const STILL = 30_000; // ms without a key or a movement: the reader does something else
const TICK = 1000;

let acted = Date.now();
for (const event of ['keydown', 'pointermove', 'pointerdown', 'wheel'])
  addEventListener(event, () => (acted = Date.now()), { passive: true, capture: true });

/** `needsFocus`: whether another window shows this study too. */
export function useActivity(
  task: number,
  film: number | undefined,
  open: boolean,
  needsFocus: () => boolean,
): void {
  useEffect(() => {
    if (film === undefined || !open) return undefined;
    let [active, visible, before] = [0, 0, Date.now()];
    const count = (): void => {
      const now = Date.now();
      const passed = Math.min(now - before, 2 * TICK); // no more after the computer has slept
      before = now;
      if (document.hidden || (needsFocus() && !document.hasFocus())) return;
      visible += passed;
      if (now - acted < STILL) active += passed;
    };
    const report = (): void => {
      count();
      if (visible === 0) return;
      const sent = { film, active_ms: active, visible_ms: visible };
      [active, visible] = [0, 0];
      // time that could not be reported is lost, findings never are
      void sendActivity(task, sent).catch(() => undefined);
    };
    const ticks = setInterval(count, TICK);
    const reports = setInterval(report, PERIOD);
    return () => {
      clearInterval(ticks);
      clearInterval(reports);
      report();
    };
  }, [task, film, open]);
}
