import type { Measure } from "./layout";

// Texts as the graph draws them (graph.css), measured by the browser; a text is measured once.
let made: (Measure & { fit: (kind: "name" | "detail", text: string, width: number) => string }) | undefined;

export function measured() {
  if (made) return made;
  const pen = document.createElement("canvas").getContext("2d");
  const family = getComputedStyle(document.documentElement).fontFamily;
  const fonts = { name: `600 13.5px ${family}`, detail: `11.5px ${family}` };
  const known = { name: new Map<string, number>(), detail: new Map<string, number>() };
  const width = (kind: "name" | "detail") => (text: string) => {
    const found = known[kind].get(text);
    if (found !== undefined || !pen) return found ?? text.length * 9;
    pen.font = fonts[kind];
    const { width: wide } = pen.measureText(text.slice(0, 200));
    if (known[kind].size > 20_000) known[kind].clear();
    known[kind].set(text, wide);
    return wide;
  };
  const measure = { name: width("name"), detail: width("detail") };
  // Cut by whole characters where it is too long.
  const fit = (kind: "name" | "detail", text: string, room: number) => {
    if (measure[kind](text) <= room) return text;
    const characters = [...text];
    let [low, high] = [0, characters.length];
    while (low < high) {
      const middle = (low + high + 1) >> 1;
      if (measure[kind](`${characters.slice(0, middle).join("").trimEnd()}…`) <= room) low = middle;
      else high = middle - 1;
    }
    return `${characters.slice(0, low).join("").trimEnd()}…`;
  };
  made = { ...measure, fit };
  return made;
}
