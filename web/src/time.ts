// Times as the pages show them, in the browser's time zone.

const day = new Intl.DateTimeFormat('en-CA', { year: 'numeric', month: '2-digit', day: '2-digit' });
const clock = new Intl.DateTimeFormat('en-GB', {
  hour: '2-digit',
  minute: '2-digit',
  second: '2-digit',
});

export const dateText = (ms: number): string => day.format(ms);
export const clockText = (ms: number): string => clock.format(ms);
/** Without seconds. */
export const minuteText = (ms: number): string => `${dateText(ms)} ${clockText(ms).slice(0, 5)}`;
/** A DICOM date, YYYYMMDD. */
export const dayText = (date: string): string =>
  date.replace(/^(\d{4})(\d{2})(\d{2})$/, '$1-$2-$3');
export const timeText = (ms: number): string => `${dateText(ms)} ${clockText(ms)}`;
