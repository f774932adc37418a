// Light or dark: what the system asks for, until somebody chooses. Loaded before the first paint.

const KEY = "sandbox.theme";
const systemIsDark = matchMedia("(prefers-color-scheme: dark)");

export function isDark() {
  const chosen = document.documentElement.dataset.theme;
  return chosen ? chosen === "dark" : systemIsDark.matches;
}

export function toggleTheme() {
  const theme = isDark() ? "light" : "dark";
  document.documentElement.dataset.theme = theme;
  localStorage.setItem(KEY, theme);
}

export function onSystemTheme(listener) {
  systemIsDark.addEventListener("change", listener);
}

const remembered = localStorage.getItem(KEY);
if (remembered === "light" || remembered === "dark") document.documentElement.dataset.theme = remembered;
