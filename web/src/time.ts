// Times as the pages show them, in the browser's time zone.

const day = new Intl.DateTimeFormat('en-CA', { year: 'numeric', month: '2-digit', day: '2-digit' });
const clock = new Intl.DateTimeFormat('en-GB', {
  hour: '2-digit',
  minute: '2-digit',
  second: '2-digit',
});

export const dateText = (ms: number): string => day.format(ms);
export const clockText = (ms: number): string => clock.format(ms);
export const timeText = (ms: number): string => `${dateText(ms)} ${clockText(ms)}`;
