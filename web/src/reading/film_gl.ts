// Draws a film on the graphics processor. null where there is none, or where a film is too large
// for it: film_canvas.ts is then used.
import { fragmentShader, vertexShader } from './film_shader';
import type { Matrix } from './matrix';
import type { PixelLevel } from './pixel_level';
import { reduction, tapsFor } from './resample';

/** Draws a level into a canvas. `toFilm`: pixels of the canvas to pixels of the film. */
export interface FilmPainter {
  readonly kind: 'webgl' | 'canvas';
  paint: (level: PixelLevel, toFilm: Matrix, greys: Uint8Array) => void;
  /** False: it cannot draw this level. */
  takes: (level: PixelLevel) => boolean;
  dispose: () => void;
}

function compiled(gl: WebGL2RenderingContext, type: number, source: string): WebGLShader | null {
  const shader = gl.createShader(type);
  if (!shader) return null;
  gl.shaderSource(shader, source);
  gl.compileShader(shader);
  return gl.getShaderParameter(shader, gl.COMPILE_STATUS) ? shader : null;
}

function linked(gl: WebGL2RenderingContext): WebGLProgram | null {
  const program = gl.createProgram();
  const vertex = compiled(gl, gl.VERTEX_SHADER, vertexShader);
  const fragment = compiled(gl, gl.FRAGMENT_SHADER, fragmentShader);
  if (!program || !vertex || !fragment) return null;
  gl.attachShader(program, vertex);
  gl.attachShader(program, fragment);
  gl.linkProgram(program);
  return gl.getProgramParameter(program, gl.LINK_STATUS) ? program : null;
}

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

/** The textures of a film's levels, and of the table of grey values. */
class Textures {
  private readonly levels = new Map<PixelLevel, WebGLTexture>();
  private readonly greys: WebGLTexture | null;
  private shown: Uint8Array | null = null;

  constructor(private readonly gl: WebGL2RenderingContext) {
    this.greys = newTexture(gl, 1);
    gl.pixelStorei(gl.UNPACK_ALIGNMENT, 1);
  }

  level(p: PixelLevel): void {
    const { gl } = this;
    const known = this.levels.get(p);
    if (known) {
      gl.activeTexture(gl.TEXTURE0);
      gl.bindTexture(gl.TEXTURE_2D, known);
      return;
    }
    const texture = newTexture(gl, 0);
    gl.texImage2D(gl.TEXTURE_2D, 0, gl.R16UI, p.width, p.height, 0, gl.RED_INTEGER,
      gl.UNSIGNED_SHORT, p.samples);
    if (texture) this.levels.set(p, texture);
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

class GlPainter implements FilmPainter {
  readonly kind = 'webgl';
  private readonly textures: Textures;
  private readonly largest: number;

  constructor(
    private readonly gl: WebGL2RenderingContext,
    private readonly program: WebGLProgram,
  ) {
    this.textures = new Textures(gl);
    this.largest = gl.getParameter(gl.MAX_TEXTURE_SIZE) as number;
    gl.useProgram(program);
    gl.bindVertexArray(gl.createVertexArray());
  }

  takes(p: PixelLevel): boolean {
    return p.width <= this.largest && p.height <= this.largest && !this.gl.isContextLost();
  }

  private at(name: string): WebGLUniformLocation | null {
    return this.gl.getUniformLocation(this.program, name);
  }

  paint(p: PixelLevel, toFilm: Matrix, greys: Uint8Array): void {
    const { gl } = this;
    const [a, b, c, d, e, f] = toFilm;
    gl.viewport(0, 0, gl.drawingBufferWidth, gl.drawingBufferHeight);
    this.textures.level(p);
    this.textures.table(greys);
    gl.uniform1i(this.at('samples'), 0);
    gl.uniform1i(this.at('greys'), 1);
    gl.uniform4f(this.at('toFilm'), a, b, c, d);
    gl.uniform2f(this.at('origin'), e, f);
    gl.uniform2f(this.at('filmSize'), p.film.width, p.film.height);
    gl.uniform2i(this.at('levelSize'), p.width, p.height);
    gl.uniform1f(this.at('level'), p.level);
    gl.uniform1i(this.at('padding'), p.padding);
    gl.uniform1i(this.at('taps'), tapsFor(reduction(toFilm, p.level)));
    gl.uniform1f(this.at('canvasHeight'), gl.drawingBufferHeight);
    gl.drawArrays(gl.TRIANGLES, 0, 3);
  }

  dispose(): void {
    this.gl.getExtension('WEBGL_lose_context')?.loseContext();
  }
}

export function glPainter(canvas: HTMLCanvasElement): FilmPainter | null {
  const gl = canvas.getContext('webgl2', {
    alpha: false,
    antialias: false,
    depth: false,
    preserveDrawingBuffer: true, // the magnifier and the tests read it
  });
  if (!gl) return null;
  const program = linked(gl);
  return program ? new GlPainter(gl, program) : null;
}
