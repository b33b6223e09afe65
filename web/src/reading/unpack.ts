// Unpacks the pixels of films in workers; in the page itself if the browser starts none.
import { type PixelLevel, unpackLevel } from './pixel_level';

interface Answer {
  id: number;
  level?: PixelLevel;
  error?: string;
}

interface Waiting {
  done: (level: PixelLevel) => void;
  failed: (error: Error) => void;
}

const MOST = 2; // two films are shown at once

let next = 0;

class Unpacker {
  private readonly worker = new Worker('/unpack.js');
  private readonly waiting = new Map<number, Waiting>();

  constructor(onBroken: () => void) {
    this.worker.onmessage = ({ data }: MessageEvent<Answer>) => {
      const job = this.waiting.get(data.id);
      this.waiting.delete(data.id);
      if (data.level) job?.done(data.level);
      else job?.failed(new Error(data.error));
    };
    // it could not be loaded, or has run out of memory
    this.worker.onerror = (e) => {
      e.preventDefault();
      onBroken();
      this.worker.terminate();
      for (const job of this.waiting.values()) job.failed(new BrokenWorker());
    };
  }

  get jobs(): number {
    return this.waiting.size;
  }

  /** The buffer is gone afterwards. */
  unpack(buffer: ArrayBuffer): Promise<PixelLevel> {
    const id = next++;
    return new Promise((done, failed) => {
      this.waiting.set(id, { done, failed });
      this.worker.postMessage({ id, buffer }, [buffer]);
    });
  }
}

class BrokenWorker extends Error {}

let unpackers: Unpacker[] = [];
let none = typeof Worker === 'undefined';

function idlest(): Unpacker | null {
  const least = unpackers.reduce<Unpacker | null>(
    (best, u) => (best && best.jobs <= u.jobs ? best : u),
    null,
  );
  if (none || (least && (least.jobs === 0 || unpackers.length >= MOST))) return least;
  const fresh = new Unpacker(() => {
    none = true;
    unpackers = [];
  });
  unpackers.push(fresh);
  return fresh;
}

/** `packed` is read again if a worker fails. */
export async function unpackBlob(packed: Blob): Promise<PixelLevel> {
  const unpacker = idlest();
  if (!unpacker) return unpackLevel(await packed.arrayBuffer());
  try {
    return await unpacker.unpack(await packed.arrayBuffer());
  } catch (e) {
    if (e instanceof BrokenWorker) return unpackLevel(await packed.arrayBuffer());
    throw e;
  }
}
