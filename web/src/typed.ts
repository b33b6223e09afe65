// What is typed into a field, in the unit of the service, which counts the bytes of UTF-8. The
// attribute maxLength counts UTF-16 units: a text in Vietnamese would pass it and be refused.
type TextField = HTMLInputElement | HTMLTextAreaElement;

/** Reasons and questions of the reading room, in bytes (web/reading_api.json). */
export const MOST_REASON = 1000;
export const MOST_QUESTION = 2000;

const encoder = new TextEncoder();

/** The beginning of a text that has at most `most` bytes; no character is cut. */
export function withinBytes(text: string, most: number): string {
  const room = new Uint8Array(most);
  return text.slice(0, encoder.encodeInto(text, room).read);
}

/** The text of a field after an input, of which what is too long is taken back, as by maxLength. */
export function typed(e: { currentTarget: TextField }, most: number): string {
  const field = e.currentTarget;
  const text = withinBytes(field.value, most);
  if (text !== field.value) field.value = text;
  return text;
}
