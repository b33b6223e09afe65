// Calls that are made in their order, each until the service has answered it. They are kept on this
// page alone.
import { ApiError } from '../api';

interface Call {
  make: () => Promise<void>;
  /** It changes something: it is a loss where it is not made. */
  changes: boolean;
}

const RETRY = [500, 1000, 2000, 5000, 10000]; // ms

/** An answer that another try may change. */
const isForNow = (e: unknown): boolean =>
  e instanceof ApiError && (e.status < 400 || e.status >= 500 || [401, 429].includes(e.status));

export class CallQueue {
  private calls: Call[] = [];
  private running = false;
  private failures = 0;
  private wake: () => void = () => undefined;
  /** Why the first call has not been answered; null: nothing is known against it. */
  trouble: ApiError | null = null;

  constructor(private readonly changed: () => void) {}

  /** How many are to change something, and are not answered. */
  get unsaved(): number {
    return this.calls.filter((c) => c.changes).length;
  }

  /** Resolves with the answer; rejects where the service refuses. */
  add<T>(make: () => Promise<T>, changes: boolean): Promise<T> {
    return new Promise((resolve, reject) => {
      const call: Call = {
        changes,
        make: async () => {
          const end = await make().then(
            (value) => () => resolve(value),
            (e: unknown) => {
              if (isForNow(e)) throw e;
              return () => reject(e);
            },
          );
          this.calls = this.calls.filter((c) => c !== call);
          this.trouble = null;
          this.failures = 0;
          end();
        },
      };
      this.calls.push(call);
      this.changed();
      void this.run();
    });
  }

  /** Makes now what waits for the next try. */
  retry(): void {
    this.failures = 0;
    this.wake();
  }

  /** Resolves when all are answered. */
  settled(): Promise<void> {
    const nothing = async (): Promise<void> => undefined;
    return this.calls.length === 0 ? nothing() : this.add(nothing, false);
  }

  stop(): void {
    this.calls = [];
    this.wake();
  }

  private async run(): Promise<void> {
    if (this.running) return;
    this.running = true;
    for (let call = this.calls[0]; call; call = this.calls[0]) {
      const error = await call.make().catch((e: ApiError) => e);
      if (error) await this.pause(error);
      else this.changed();
    }
    this.running = false;
  }

  private async pause(why: ApiError): Promise<void> {
    this.trouble = why;
    this.changed();
    const ms = RETRY[Math.min(this.failures++, RETRY.length - 1)];
    await new Promise<void>((resolve) => {
      this.wake = resolve;
      setTimeout(resolve, ms);
    });
  }
}
