// What is typed into a field, in the unit of the service, which counts the bytes of UTF-8. The
// attribute maxLength counts UTF-16 units: a text in Vietnamese would pass it and be refused.
type TextField = HTMLInputElement | HTMLTextAreaElement;

/** Bytes that the service takes. Names are those of people, projects and labels. */
export const MOST_NAME = 120;
export const MOST_LOGIN = 64;
export const MOST_TOKEN = 64;
export const MOST_KEY = 40; // of a project; also the tag of a version
export const MOST_ARM = 60;
export const MOST_ATTRIBUTES = 500; // of a label, as they are typed
export const MOST_GUIDE = 65536;
export const MOST_REASON = 1000;
export const MOST_QUESTION = 2000;
export const MOST_OPINION = 1999;

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

// String.trim knows no characters without a width; src/base/fold.h says what is blank.
const BLANK = '[\\s\\u0085\\u00ad\\u180e\\u200b-\\u200d\\u2060\\ufeff]+';
const outerBlanks = new RegExp(`^${BLANK}|${BLANK}$`, 'g');

/** A text without the blanks around it; empty, if it has nothing else. */
export const trimmed = (text: string): string => text.replace(outerBlanks, '');
