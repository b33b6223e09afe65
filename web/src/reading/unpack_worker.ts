// Unpacks the pixels of films beside the page, which stays quick meanwhile: a bundle of its own.
import { unpackLevel } from './pixel_level';

export interface UnpackJob {
  id: number;
  buffer: ArrayBuffer;
}

const worker = self as unknown as Worker; // the types of workers exclude those of pages

worker.onmessage = async ({ data }: MessageEvent<UnpackJob>) => {
  try {
    const level = await unpackLevel(data.buffer);
    worker.postMessage({ id: data.id, level }, [level.samples.buffer]);
  } catch (e) {
    worker.postMessage({ id: data.id, error: String((e as Error).message) });
  }
};
