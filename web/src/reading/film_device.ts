// The graphics processor draws all films of the page with one context and one program, out of
// sight: making these takes longer than drawing a film.
import { fragmentShader, vertexShader } from './film_shader';
import { Textures } from './film_textures';
import type { Matrix } from './matrix';
import type { PixelLevel } from './pixel_level';
import { reduction, tapsFor } from './resample';

function compile(
  gl: WebGL2RenderingContext,
  program: WebGLProgram,
  type: number,
  source: string,
): void {
  const shader = gl.createShader(type);
  if (!shader) return;
  gl.shaderSource(shader, source);
  gl.compileShader(shader);
  gl.attachShader(program, shader);
}

class Device {
  readonly lost = new Set<() => void>();
  private readonly textures: Textures;
  private readonly largest: number;
  private linked: boolean | null = null;

  constructor(
    private readonly canvas: HTMLCanvasElement,
    private readonly gl: WebGL2RenderingContext,
    private readonly program: WebGLProgram,
  ) {
    compile(gl, program, gl.VERTEX_SHADER, vertexShader);
    compile(gl, program, gl.FRAGMENT_SHADER, fragmentShader);
    gl.linkProgram(program); // goes on beside the page until somebody asks for its result
    gl.bindVertexArray(gl.createVertexArray());
    this.textures = new Textures(gl);
    this.largest = gl.getParameter(gl.MAX_TEXTURE_SIZE) as number;
    canvas.addEventListener('webglcontextlost', () => {
      device = undefined;
      for (const tell of this.lost) tell();
    });
  }

  get works(): boolean {
    this.linked ??= Boolean(this.gl.getProgramParameter(this.program, this.gl.LINK_STATUS));
    return this.linked && !this.gl.isContextLost();
  }

  takes(p: PixelLevel): boolean {
    return this.works && p.width <= this.largest && p.height <= this.largest;
  }

  private at(name: string): WebGLUniformLocation | null {
    return this.gl.getUniformLocation(this.program, name);
  }

  /** Room for the largest canvas so far. */
  private grow(width: number, height: number): void {
    const { canvas } = this;
    if (canvas.width < width) canvas.width = width;
    if (canvas.height < height) canvas.height = height;
  }

  paint(to: CanvasRenderingContext2D, p: PixelLevel, toFilm: Matrix, greys: Uint8Array): void {
    const { gl } = this;
    const { width, height } = to.canvas;
    const [a, b, c, d, e, f] = toFilm;
    this.grow(width, height);
    gl.useProgram(this.program);
    gl.viewport(0, 0, width, height);
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
    gl.uniform1f(this.at('canvasHeight'), height);
    gl.drawArrays(gl.TRIANGLES, 0, 3);
    // the device's rows begin at the bottom
    to.drawImage(this.canvas, 0, this.canvas.height - height, width, height, 0, 0, width, height);
  }
}

let device: Device | null | undefined; // null: this browser has none

/** The processor computes WebGL: that is several times slower than film_canvas.ts. */
function isComputed(gl: WebGL2RenderingContext): boolean {
  const names = gl.getExtension('WEBGL_debug_renderer_info');
  const name = String(gl.getParameter(names ? names.UNMASKED_RENDERER_WEBGL : gl.RENDERER));
  return /swiftshader|llvmpipe|softpipe|software|basic render/i.test(name);
}

function newDevice(): Device | null {
  const canvas = document.createElement('canvas');
  const gl = canvas.getContext('webgl2', { alpha: false, antialias: false, depth: false });
  const program = gl?.createProgram();
  return gl && program && !isComputed(gl) ? new Device(canvas, gl, program) : null;
}

/** The device of the page, which is made at the first call; null: there is none. */
export function filmDevice(): Device | null {
  if (device === undefined) device = newDevice();
  return device;
}
