// The user's preferences, stored in this browser.

import { Observable } from "./observable";

export type Theme = "system" | "light" | "dark";

// A browser may refuse to store anything; a preference then lasts until the page is closed.
export function stored(name: string): string {
  try {
    return localStorage.getItem(`orchestrator-${name}`) ?? "";
  } catch {
    return "";
  }
}

export function store(name: string, value: string): void {
  try {
    localStorage.setItem(`orchestrator-${name}`, value);
  } catch {
    // See stored().
  }
}

const themes: readonly Theme[] = ["system", "light", "dark"];

export const theme = new Observable<Theme>(themes.find((one) => one === stored("theme")) ?? "system");
export const anonymized = new Observable(stored("anonymize") === "true");
export const colouredDataCenters = new Observable(stored("colorize-dc") === "true");
export const owner = new Observable(stored("owner"));

const showTheme = (chosen: Theme): void => {
  if (chosen === "system") document.documentElement.removeAttribute("data-theme");
  else document.documentElement.setAttribute("data-theme", chosen);
};

export function keepPreferences(): void {
  showTheme(theme.value);
  theme.watch((chosen) => {
    store("theme", chosen);
    showTheme(chosen);
  });
  anonymized.watch((on) => store("anonymize", String(on)));
  colouredDataCenters.watch((on) => store("colorize-dc", String(on)));
  owner.watch((name) => store("owner", name));
}
