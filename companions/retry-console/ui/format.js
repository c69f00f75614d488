// Numbers, durations and times for people. Pure functions: the present is an argument.

const SPACE = '\u202f';

/** `12 345`, with narrow spaces that do not break. */
export function number(value) {
  if (value === undefined || value === null || Number.isNaN(value)) return '–';
  return String(Math.round(value)).replace(/\B(?=(\d{3})+$)/g, SPACE);
}

/** At most `digits` decimals, without zeros at the end: `1.25`, `2`. */
export function decimal(value, digits = 2) {
  if (value === undefined || value === null || Number.isNaN(value)) return '–';
  const text = Number(value).toFixed(digits);
  const short = text.includes('.') ? text.replace(/\.?0+$/, '') : text;
  const [whole, rest] = short.split('.');
  return number(Number(whole)) + (rest ? `.${rest}` : '');
}

/** A share from 0 to 1 in per cent. Only all is `100 %` and only nothing is `0 %`. */
export function percent(share) {
  if (share === undefined || share === null || Number.isNaN(share)) return '–';
  const value = share * 100;
  if (value > 0 && value < 0.1) return `<${SPACE}0.1${SPACE}%`;
  if (value > 99.9 && value < 100) return `>${SPACE}99.9${SPACE}%`;
  const digits = value < 10 || value > 99 ? 1 : 0;
  return `${decimal(value, digits)}${SPACE}%`;
}

/** `part` of `whole` as a share; undefined when there is no whole. */
export function share(part, whole) {
  return whole > 0 ? part / whole : undefined;
}

const UNITS = [['d', 86_400_000], ['h', 3_600_000], ['min', 60_000], ['s', 1_000]];

/** A length of time in its two largest units: `3 min 5 s`, `1.2 s`, `12 ms`. */
export function duration(ms) {
  if (ms === undefined || ms === null || Number.isNaN(ms)) return '–';
  if (ms < 0) return `-${duration(-ms)}`;
  if (ms < 1) return ms === 0 ? `0${SPACE}ms` : `${decimal(ms, 2)}${SPACE}ms`;
  if (ms < 10) return `${decimal(ms, 1)}${SPACE}ms`;
  if (Math.round(ms) < 1_000) return `${Math.round(ms)}${SPACE}ms`;
  if (ms < 9_950) return `${decimal(ms / 1_000, 1)}${SPACE}s`;
  let seconds = Math.round(ms / 1_000) * 1_000;
  const parts = [];
  for (const [unit, length] of UNITS) {
    const count = Math.floor(seconds / length);
    seconds -= count * length;
    if (count > 0 || parts.length > 0) parts.push([count, unit]);
    if (parts.length === 2) break;
  }
  return parts.filter(([count]) => count > 0).map(([count, unit]) => `${count}${SPACE}${unit}`).join(' ');
}

/** `12 s ago`, or `just now` in the last second. */
export function ago(at, now) {
  if (at === undefined || at === null) return '–';
  const age = now - at;
  return age < 1_000 ? 'just now' : `${duration(Math.floor(age / 1_000) * 1_000)} ago`;
}

/** The time left until `at`: tenths below ten seconds, `now` afterwards. */
export function countdown(at, now) {
  if (at === undefined || at === null) return '–';
  const left = at - now;
  if (left <= 0) return 'now';
  if (left < 10_000) return `${(Math.ceil(left / 100) / 10).toFixed(1)}${SPACE}s`;
  return duration(Math.ceil(left / 1_000) * 1_000);
}

const two = (value) => String(value).padStart(2, '0');

/** `14:03:22` for today, with the date before it for other days; in the reader's time zone. */
export function clock(at, now) {
  if (at === undefined || at === null) return '–';
  const date = new Date(at);
  const time = `${two(date.getHours())}:${two(date.getMinutes())}:${two(date.getSeconds())}`;
  if (date.toDateString() === new Date(now).toDateString()) return time;
  return `${date.getFullYear()}-${two(date.getMonth() + 1)}-${two(date.getDate())} ${time}`;
}

/** Milliseconds since 1970 of a time that the API gives as a number or as an RFC 3339 text. */
export function instant(time) {
  if (time === undefined || time === null) return undefined;
  if (typeof time === 'number') return time;
  const at = Date.parse(time);
  return Number.isNaN(at) ? undefined : at;
}

/** Milliseconds of a length that the API gives as a number or as seconds and nanoseconds. */
export function length(value) {
  if (value === undefined || value === null) return undefined;
  if (typeof value === 'number') return value;
  return (value.secs ?? 0) * 1_000 + (value.nanos ?? 0) / 1_000_000;
}

/** `1 task`, `2 tasks`; `many` for words that take no `s`. */
export function plural(count, one, many = `${one}s`) {
  return `${number(count)} ${count === 1 ? one : many}`;
}

/** `not_before` as `not before`. */
export function words(name) {
  return String(name ?? '').replaceAll('_', ' ');
}

/** Whether a text contains every word of a filter, in any order and case. */
export function matches(text, filter) {
  const lower = String(text ?? '').toLowerCase();
  return String(filter ?? '').toLowerCase().split(/\s+/).every((word) => lower.includes(word));
}
