// Texts of a machine that were saved from this browser, newest first. They are the browser's: the engine keeps what executions ran with, and the present one.
export interface Version {
  at: number;
  text: string;
}
const MOST = 30;
const MOST_CHARACTERS = 1_500_000;
const keyOf = (arn: string) => `cumulet.machine.versions:${arn}`;

function isVersion(value: unknown): value is Version {
  return typeof value === "object" && value !== null && "at" in value && typeof value.at === "number" && "text" in value && typeof value.text === "string";
}
export function versionsOf(arn: string): Version[] {
  try {
    const found: unknown = JSON.parse(localStorage.getItem(keyOf(arn)) ?? "[]");
    return Array.isArray(found) ? found.filter(isVersion) : [];
  } catch {
    return [];
  }
}
export function keepVersion(arn: string, text: string, at = Date.now()): void {
  const all = [{ at, text }, ...versionsOf(arn).filter((one) => one.text !== text)];
  let room = MOST_CHARACTERS;
  const kept = all.slice(0, MOST).filter((one) => (room -= one.text.length) > 0);
  try {
    localStorage.setItem(keyOf(arn), JSON.stringify(kept));
  } catch {
    // full or forbidden: the machine itself is saved all the same
  }
}
const DRAFT = "cumulet.machine.draft";
export function draft(): string | null {
  try {
    return sessionStorage.getItem(DRAFT);
  } catch {
    return null;
  }
}
export function keepDraft(text: string | null): void {
  try {
    if (text === null) sessionStorage.removeItem(DRAFT);
    else sessionStorage.setItem(DRAFT, text);
  } catch {
    // without it a reload begins anew
  }
}
