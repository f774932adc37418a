// Times as Slack shows them, in the reader's own time zone; what stands in a message, in their own language, too.

import { page } from "./state.js";

const format = (options) => new Intl.DateTimeFormat(undefined, options);
const clock = format({ hour: "numeric", minute: "2-digit" });
const clockSeconds = format({ hour: "numeric", minute: "2-digit", second: "2-digit" });
const clockMillis = format({
  hour: "2-digit",
  minute: "2-digit",
  second: "2-digit",
  fractionalSecondDigits: 3,
  hourCycle: "h23",
});
const dayLong = format({ weekday: "long", year: "numeric", month: "long", day: "numeric" });

export const timeOf = (date) => clock.format(date);
export const timeWithMillis = (date) => clockMillis.format(date);
export const fullTime = (date) => `${dayLong.format(date)}, ${clockSeconds.format(date)}`;

export function dateOfTs(ts) {
  return new Date(Number.parseFloat(ts) * 1000);
}

export function dayName(date) {
  const name = nearDay(date);
  return name ? name[0].toUpperCase() + name.slice(1) : dayLong.format(date);
}

/** "yesterday", "today" or "tomorrow", as `locale` says it; null for any other day. */
function nearDay(date, locale = "en") {
  const midnight = (moment) => new Date(moment.getFullYear(), moment.getMonth(), moment.getDate()).getTime();
  const days = Math.round((midnight(date) - midnight(new Date())) / 86_400_000);
  return Math.abs(days) > 1 ? null : new Intl.RelativeTimeFormat(locale, { numeric: "auto" }).format(days, "day");
}

// In a message

const LONG = { weekday: "long", year: "numeric", month: "long", day: "numeric" };
const USUAL = { year: "numeric", month: "long", day: "numeric" };
const SHORT = { year: "numeric", month: "short", day: "numeric" };
const said = (options) => (date, locale) => new Intl.DateTimeFormat(locale, options).format(date);
const near = (options) => (date, locale) => nearDay(date, locale) ?? said(options)(date, locale);

const TOKENS = {
  date_num: (date) => date.toLocaleDateString("sv"), // 2027-01-31, whoever looks
  date: said(USUAL),
  date_short: said(SHORT),
  date_long: said(LONG),
  date_pretty: near(USUAL),
  date_short_pretty: near(SHORT),
  date_long_pretty: near(LONG),
  time: said({ hour: "numeric", minute: "2-digit" }),
  time_secs: said({ hour: "numeric", minute: "2-digit", second: "2-digit" }),
};

/** Fills a `<!date^…^template>`. Gives null when the template names something unknown: then the fallback is shown. */
export function fillDate(seconds, template) {
  const date = new Date(Number(seconds) * 1000);
  const locale = page.slack?.me.locale;
  if (Number.isNaN(date.getTime())) return null;
  let isKnown = true;
  const text = template.replace(/\{([a-z_]+)\}/g, (whole, name) => {
    if (Object.hasOwn(TOKENS, name)) return TOKENS[name](date, locale);
    isKnown = false;
    return whole;
  });
  return isKnown ? text : null;
}
