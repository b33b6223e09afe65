// The program of the graphics processor that draws a film. It computes what resample.ts does, and
// looks the grey value up in the table of grey.ts.

export const vertexShader = `#version 300 es
void main() {
  vec2 corner = vec2(gl_VertexID & 1, gl_VertexID >> 1);
  gl_Position = vec4(corner * 4.0 - 1.0, 0.0, 1.0);
}`;

export const fragmentShader = `#version 300 es
precision highp float;
precision highp int;
precision highp usampler2D;
uniform usampler2D samples;
uniform usampler2D greys;
uniform vec4 toFilm;      // a, b, c, d
uniform vec2 origin;      // e, f
uniform vec2 filmSize;
uniform ivec2 levelSize;
uniform float level;
uniform int padding;      // -1: none
uniform int taps;
uniform float canvasHeight;
out vec4 colour;

int sampleAt(ivec2 p) {
  return int(texelFetch(samples, clamp(p, ivec2(0), levelSize - 1), 0).r);
}

int interpolated(vec2 uv) {
  int nearest = sampleAt(ivec2(floor(uv)));
  if (nearest == padding) return nearest;
  vec2 corner = floor(uv - 0.5);
  vec2 f = uv - 0.5 - corner;
  float sum = 0.0;
  float weight = 0.0;
  for (int k = 0; k < 4; k++) {
    ivec2 step = ivec2(k & 1, k >> 1);
    int s = sampleAt(ivec2(corner) + step);
    float w = (step.x == 1 ? f.x : 1.0 - f.x) * (step.y == 1 ? f.y : 1.0 - f.y);
    if (s == padding) continue;
    sum += w * float(s);
    weight += w;
  }
  return weight > 0.0 ? int(floor(sum / weight + 0.5)) : nearest;
}

int mean(vec2 uv) {
  float sum = 0.0;
  float count = 0.0;
  for (int j = 0; j < taps; j++)
    for (int i = 0; i < taps; i++) {
      vec2 t = (vec2(i, j) + 0.5) / float(taps) - 0.5;
      vec2 step = (t.x * toFilm.xy + t.y * toFilm.zw) / level;
      int s = sampleAt(ivec2(floor(uv + step)));
      if (s == padding) continue;
      sum += float(s);
      count += 1.0;
    }
  return count > 0.0 ? int(floor(sum / count + 0.5)) : padding;
}

void main() {
  vec2 p = vec2(gl_FragCoord.x, canvasHeight - gl_FragCoord.y);
  vec2 film = p.x * toFilm.xy + p.y * toFilm.zw + origin;
  colour = vec4(0.0, 0.0, 0.0, 1.0);
  if (film.x < 0.0 || film.y < 0.0 || film.x >= filmSize.x || film.y >= filmSize.y) return;
  vec2 uv = film / level;
  int s = taps > 1 ? mean(uv) : interpolated(uv);
  uint grey = texelFetch(greys, ivec2(s & 255, s >> 8), 0).r;
  colour.rgb = vec3(float(grey) / 255.0);
}`;
