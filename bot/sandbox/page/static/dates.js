// Times as Slack shows them, in the reader's own time zone.

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
const day = format({ year: "numeric", month: "long", day: "numeric" });
const dayShort = format({ year: "numeric", month: "short", day: "numeric" });
const dayLong = format({ weekday: "long", year: "numeric", month: "long", day: "numeric" });
const dayNumber = format({ year: "numeric", month: "2-digit", day: "2-digit" });

export const timeOf = (date) => clock.format(date);
export const timeWithMillis = (date) => clockMillis.format(date);
export const fullTime = (date) => `${dayLong.format(date)}, ${clockSeconds.format(date)}`;

export function dateOfTs(ts) {
  return new Date(Number.parseFloat(ts) * 1000);
}

export function dayName(date) {
  return pretty(date, (other) => dayLong.format(other), true);
}

function pretty(date, otherwise, capital = false) {
  const midnight = (moment) => new Date(moment.getFullYear(), moment.getMonth(), moment.getDate()).getTime();
  const days = Math.round((midnight(date) - midnight(new Date())) / 86_400_000);
  const name = { "-1": "yesterday", 0: "today", 1: "tomorrow" }[days];
  if (!name) return otherwise(date);
  return capital ? name[0].toUpperCase() + name.slice(1) : name;
}

const TOKENS = {
  date_num: (date) => dayNumber.format(date),
  date: (date) => day.format(date),
  date_short: (date) => dayShort.format(date),
  date_long: (date) => dayLong.format(date),
  date_pretty: (date) => pretty(date, TOKENS.date),
  date_short_pretty: (date) => pretty(date, TOKENS.date_short),
  date_long_pretty: (date) => pretty(date, TOKENS.date_long),
  time: (date) => clock.format(date),
  time_secs: (date) => clockSeconds.format(date),
};

/** Fills a `<!date^…^template>`. Gives null when the template names something unknown: then the fallback is shown. */
export function fillDate(seconds, template) {
  const date = new Date(Number(seconds) * 1000);
  if (Number.isNaN(date.getTime())) return null;
  let isKnown = true;
  const text = template.replace(/\{([a-z_]+)\}/g, (whole, name) => {
    if (Object.hasOwn(TOKENS, name)) return TOKENS[name](date);
    isKnown = false;
    return whole;
  });
  return isKnown ? text : null;
}
