// The emoji an app is likely to name. Others stay as their :name:, which is still readable.

const EMOJI = {
  arrows_counterclockwise: "🔄",
  bell: "🔔",
  bulb: "💡",
  calling: "📲",
  eyes: "👀",
  hourglass: "⌛",
  hourglass_flowing_sand: "⏳",
  information_source: "ℹ️",
  key: "🔑",
  lock: "🔒",
  mag: "🔍",
  memo: "📝",
  no_entry: "⛔",
  no_entry_sign: "🚫",
  phone: "☎️",
  question: "❓",
  raised_hand: "✋",
  repeat: "🔁",
  rotating_light: "🚨",
  stopwatch: "⏱️",
  tada: "🎉",
  telephone_receiver: "📞",
  thumbsup: "👍",
  wave: "👋",
  warning: "⚠️",
  white_check_mark: "✅",
  x: "❌",
  zap: "⚡",
};

export function withEmoji(text) {
  return text.replace(/:([a-z0-9_+-]+):/g, (whole, name) => (Object.hasOwn(EMOJI, name) ? EMOJI[name] : whole));
}
