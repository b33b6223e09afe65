// What the graphics processor keeps of films.
import type { PixelLevel } from './pixel_level';

const MOST_SAMPLES = 64 * 1024 * 1024; // of the levels that are kept, 2 bytes each

function newTexture(gl: WebGL2RenderingContext, unit: number): WebGLTexture | null {
  const texture = gl.createTexture();
  gl.activeTexture(gl.TEXTURE0 + unit);
  gl.bindTexture(gl.TEXTURE_2D, texture);
  for (const name of [gl.TEXTURE_MIN_FILTER, gl.TEXTURE_MAG_FILTER])
    gl.texParameteri(gl.TEXTURE_2D, name, gl.NEAREST);
  for (const name of [gl.TEXTURE_WRAP_S, gl.TEXTURE_WRAP_T])
    gl.texParameteri(gl.TEXTURE_2D, name, gl.CLAMP_TO_EDGE);
  return texture;
}

/** The textures of the levels that were drawn last, and of the table of grey values. */
export class Textures {
  private readonly levels = new Map<PixelLevel, WebGLTexture>(); // the last drawn last
  private readonly greys: WebGLTexture | null;
  private samples = 0;
  private shown: Uint8Array | null = null;

  constructor(private readonly gl: WebGL2RenderingContext) {
    this.greys = newTexture(gl, 1);
    gl.pixelStorei(gl.UNPACK_ALIGNMENT, 1);
  }

  private forgetOldest(room: number): void {
    for (const [level, texture] of this.levels) {
      if (this.samples + room <= MOST_SAMPLES) return;
      this.gl.deleteTexture(texture);
      this.levels.delete(level);
      this.samples -= level.samples.length;
    }
  }

  level(p: PixelLevel): void {
    const { gl } = this;
    const known = this.levels.get(p);
    if (known) {
      gl.activeTexture(gl.TEXTURE0);
      gl.bindTexture(gl.TEXTURE_2D, known);
      this.levels.delete(p);
      this.levels.set(p, known);
      return;
    }
    this.forgetOldest(p.samples.length);
    const texture = newTexture(gl, 0);
    gl.texImage2D(gl.TEXTURE_2D, 0, gl.R16UI, p.width, p.height, 0, gl.RED_INTEGER,
      gl.UNSIGNED_SHORT, p.samples);
    if (!texture) return;
    this.levels.set(p, texture);
    this.samples += p.samples.length;
  }

  table(greys: Uint8Array): void {
    const { gl } = this;
    if (this.shown === greys) return;
    this.shown = greys;
    gl.activeTexture(gl.TEXTURE1);
    gl.bindTexture(gl.TEXTURE_2D, this.greys);
    gl.texImage2D(gl.TEXTURE_2D, 0, gl.R8UI, 256, 256, 0, gl.RED_INTEGER, gl.UNSIGNED_BYTE, greys);
  }
}
