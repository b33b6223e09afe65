// From samples to grey values of 8 bits, in the order of the standard: Modality LUT, VOI LUT or
// window, MONOCHROME1, the reader's inversion. The numbers are those of `spinexr dicom --pixels
// dicom`. Both ways of drawing use the table that is made here.
import type { FilmPixels } from '../api_types';

export type WindowFunction = 'linear' | 'linear_exact' | 'sigmoid';

export interface GreyWindow {
  function: WindowFunction;
  center: number;
  width: number;
}

/** null: as the film says. */
export type Choice = GreyWindow | null;

export const SAMPLES = 65536;

/** 0 to 1 (PS3.3 C.11.2.1.2). */
export function windowed(w: GreyWindow, x: number): number {
  if (w.function === 'sigmoid') return 1 / (1 + Math.exp((-4 * (x - w.center)) / w.width));
  const exact = w.function === 'linear_exact';
  const center = exact ? w.center : w.center - 0.5;
  const width = exact ? w.width : w.width - 1;
  if (x <= center - width / 2) return 0;
  if (x > center + width / 2) return 1;
  return (x - center) / width + 0.5;
}

export const valueOf = (d: FilmPixels, sample: number): number =>
  (sample + d.offset) * d.slope + d.intercept;

const isPadding = (d: FilmPixels, sample: number): boolean => sample === d.padding;

function lookedUp(d: FilmPixels, x: number): number {
  const { entries, first, top } = d.table ?? { entries: [0], first: 0, top: 1 };
  const i = Math.min(Math.max(Math.floor(x + 0.5) - first, 0), entries.length - 1);
  return (entries[i] ?? 0) / top;
}

/** The film's own transformation; null: every pixel is black. */
function ownVoi(d: FilmPixels): ((x: number) => number) | null {
  const w = d.window;
  if (d.voi === 'table') return (x) => lookedUp(d, x);
  if (d.voi === 'window' && w) return (x) => windowed(w, x);
  const [low = 0, high = 0] = d.limits;
  return high > low ? (x) => (x - low) / (high - low) : null;
}

/** A grey value for each sample. */
export function greyTable(d: FilmPixels, choice: Choice, inverted: boolean): Uint8Array {
  const table = new Uint8Array(SAMPLES);
  const voi = choice ? (x: number) => windowed(choice, x) : ownVoi(d);
  const negative = d.inverted !== inverted;
  for (let s = 0; s < SAMPLES; s++) {
    if (!voi || isPadding(d, s)) continue; // black
    const y = Math.min(Math.max(voi(valueOf(d, s)), 0), 1);
    table[s] = Math.floor((negative ? 1 - y : y) * 255 + 0.5);
  }
  return table;
}

// ---- windows ----

const spanning = (low: number, high: number): GreyWindow => ({
  function: 'linear_exact',
  center: (low + high) / 2,
  width: Math.max(high - low, 1e-9),
});

export type Preset = 'film' | 'window' | 'percentiles' | 'bone' | 'full';

export interface NamedChoice {
  name: Preset;
  /** Of the windows that the film has; 0 for others. */
  number: number;
  choice: Choice;
}

/** The presets that a film has, in the order in which a key goes through them. */
export function presetsOf(d: FilmPixels): NamedChoice[] {
  const [low = 0, high = 0] = d.limits;
  const [p1 = 0, p99 = 0] = d.percentiles;
  const presets: NamedChoice[] = [{ name: 'film', number: 0, choice: null }];
  // with a VOI LUT, the film's first window is another way of showing it
  if (d.voi === 'table' && d.window) presets.push({ name: 'window', number: 1, choice: d.window });
  (d.windows ?? []).forEach((choice, i) => presets.push({ name: 'window', number: i + 2, choice }));
  // the brighter part of the film, which is bone
  const [from, to] = d.inverted ? [p1, (p1 + p99) / 2] : [(p1 + p99) / 2, p99];
  const spans: [Preset, number, number][] = [
    ['percentiles', p1, p99],
    ['bone', from, to],
    ['full', low, high],
  ];
  for (const [name, least, most] of spans)
    presets.push({ name, number: 0, choice: spanning(least, most) });
  return presets;
}

/** The window with which dragging begins: of a VOI LUT, its range. */
export function startWindow(d: FilmPixels, choice: Choice): GreyWindow {
  if (choice) return choice;
  if (d.voi === 'window' && d.window) return d.window;
  if (d.voi === 'table' && d.table)
    return spanning(d.table.first, d.table.first + d.table.entries.length - 1);
  const [low = 0, high = 0] = d.limits;
  return spanning(low, high);
}

/** Right makes the window wider, down makes the film darker, by parts of the film's range. */
export function draggedWindow(d: FilmPixels, from: GreyWindow, dx: number, dy: number): GreyWindow {
  const [p1 = 0, p99 = 0] = d.percentiles;
  const [low = 0, high = 0] = d.limits;
  const range = p99 > p1 ? p99 - p1 : Math.max(high - low, 1);
  const least = from.function === 'linear' ? 1 : range / 4096;
  const dark = d.inverted ? -1 : 1;
  return {
    function: from.function,
    center: from.center + (dark * dy * range) / 500,
    width: Math.max(from.width + (dx * range) / 500, least),
  };
}
