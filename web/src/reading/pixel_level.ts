// The pixels of a film at a size, as the service packs them (service/reading/pixel_level.h).

export interface PixelLevel {
  /** 1, 4 or 8: pixels of the film along each side of a sample. */
  level: number;
  width: number;
  height: number;
  film: { width: number; height: number };
  /** The sample of padding; -1: none. */
  padding: number;
  samples: Uint16Array;
}

const HEAD = 32;

async function inflate(bytes: Uint8Array, size: number): Promise<Uint8Array> {
  const stream = new Blob([bytes as Uint8Array<ArrayBuffer>])
    .stream()
    .pipeThrough(new DecompressionStream('deflate'));
  const out = new Uint8Array(size);
  const reader = stream.getReader();
  let filled = 0;
  for (;;) {
    const { done, value } = await reader.read();
    if (done) break;
    if (filled + value.length > size) throw new Error('more pixels than the film has');
    out.set(value, filled);
    filled += value.length;
  }
  if (filled !== size) throw new Error('fewer pixels than the film has');
  return out;
}

function undoDifferences(planes: Uint8Array, n: number): Uint16Array {
  const samples = new Uint16Array(n);
  let value = 0;
  for (let i = 0; i < n; i++) {
    value = (value + (planes[i] as number) + ((planes[n + i] as number) << 8)) & 0xffff;
    samples[i] = value;
  }
  return samples;
}

export async function unpackLevel(buffer: ArrayBuffer): Promise<PixelLevel> {
  const head = new DataView(buffer);
  if (buffer.byteLength < HEAD || head.getUint32(0) !== 0x53585058 || head.getUint16(4, true) !== 1)
    throw new Error('these are no pixels of a film');
  const number = (offset: number): number => head.getUint32(offset, true);
  const [width, height] = [number(8), number(12)];
  const body = new Uint8Array(buffer, HEAD);
  if (body.length !== number(28)) throw new Error('the pixels of the film are incomplete');
  const planes = await inflate(body, 2 * width * height);
  return {
    level: head.getUint16(6, true),
    width,
    height,
    film: { width: number(16), height: number(20) },
    padding: head.getUint16(26, true) ? head.getUint16(24, true) : -1,
    samples: undoDifferences(planes, width * height),
  };
}
