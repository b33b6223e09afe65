// What the open page has done and could lose: changes that the service does not have. While neither
// it nor the browser keeps them, the page asks before it is left.

export interface Work {
  /** Changes that only this page has. */
  readonly unkept: number;
  /** Resolves when it is known whether the browser keeps what was done so far. */
  written: () => Promise<unknown>;
  /** Resolves when all is saved on the service, or refused. */
  settled: () => Promise<void>;
}

const works = new Set<Work>();
const listeners = new Set<() => void>();
let isGivenUp = false;

export const unkeptChanges = (): number =>
  isGivenUp ? 0 : [...works].reduce((sum, work) => sum + work.unkept, 0);

/** `changed` is called when there may be more or fewer. Returns how to stop listening. */
export function onUnkeptChange(changed: () => void): () => void {
  listeners.add(changed);
  return () => listeners.delete(changed);
}

export function tellUnkept(): void {
  for (const changed of [...listeners]) changed();
}

const leaving = (e: BeforeUnloadEvent): void => {
  if (unkeptChanges() > 0) e.preventDefault();
};

/** Asks from now on before this work is lost. Returns how to stop it. */
export function guardWork(work: Work): () => void {
  works.add(work);
  addEventListener('beforeunload', leaving);
  return () => {
    works.delete(work);
    if (works.size === 0) removeEventListener('beforeunload', leaving);
    tellUnkept();
  };
}

/** The reader has agreed that this page loses what only it has: nothing asks any more. */
export function giveUpUnkept(): void {
  isGivenUp = true;
}

/** Resolves when it is known how much only this page has. */
export async function countedUnkept(): Promise<number> {
  await Promise.all([...works].map((work) => work.written()));
  return unkeptChanges();
}

/** Resolves when all is saved, or after `patience` ms. */
export async function savedInTime(patience: number): Promise<void> {
  const late = new Promise<void>((resolve) => setTimeout(resolve, patience));
  await Promise.race([Promise.all([...works].map((work) => work.settled())), late]);
}
