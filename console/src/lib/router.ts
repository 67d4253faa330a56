import { useMemo, useSyncExternalStore } from "react";

// Places are fragments, "#/machines/NAME?tab=events": every path of the engine's address is a bucket.
export interface Route {
  room: string; // "" is Home
  rest: string[]; // decoded
  query: URLSearchParams;
}

export function parseRoute(hash: string): Route {
  const [path = "", query = ""] = hash.replace(/^#\/?/, "").split("?", 2);
  const decoded = path.split("/").filter(Boolean).map((part) => {
    try {
      return decodeURIComponent(part);
    } catch {
      return part;
    }
  });
  return { room: decoded[0] ?? "", rest: decoded.slice(1), query: new URLSearchParams(query) };
}

// href("machines", name) -> "#/machines/a%20name"
export const href = (...parts: string[]) => `#/${parts.map(encodeURIComponent).join("/")}`;

// href() with parameters behind it; empty ones are left out.
export function hrefWith(parts: string[], query: Record<string, string>) {
  const text = new URLSearchParams(Object.entries(query).filter(([, value]) => value !== "")).toString();
  return href(...parts) + (text && `?${text}`);
}

export function navigate(to: string, how: "push" | "replace" = "push") {
  if (how === "push") location.hash = to;
  else {
    history.replaceState(null, "", to);
    dispatchEvent(new HashChangeEvent("hashchange"));
  }
}

const watch = (changed: () => void) => {
  addEventListener("hashchange", changed);
  return () => removeEventListener("hashchange", changed);
};

export function useRoute(): Route {
  const hash = useSyncExternalStore(watch, () => location.hash);
  return useMemo(() => parseRoute(hash), [hash]);
}
