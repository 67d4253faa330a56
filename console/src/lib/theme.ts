// Light, dark, or as the system has it; kept by the browser.
export type Theme = "system" | "light" | "dark";
const kKey = "cumulet.theme";

export function chosenTheme(): Theme {
  const kept = localStorage.getItem(kKey);
  return kept === "light" || kept === "dark" ? kept : "system";
}

export function applyTheme(theme: Theme = chosenTheme()) {
  if (theme === "system") {
    localStorage.removeItem(kKey);
    delete document.documentElement.dataset.theme;
  } else {
    localStorage.setItem(kKey, theme);
    document.documentElement.dataset.theme = theme;
  }
}
