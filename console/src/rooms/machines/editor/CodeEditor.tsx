import { defaultKeymap, history, historyKeymap, indentWithTab } from "@codemirror/commands";
import { json } from "@codemirror/lang-json";
import { bracketMatching, foldGutter, foldKeymap, HighlightStyle, indentOnInput, indentUnit, syntaxHighlighting } from "@codemirror/language";
import { lintGutter, lintKeymap, setDiagnostics, type Diagnostic } from "@codemirror/lint";
import { highlightSelectionMatches, searchKeymap } from "@codemirror/search";
import { Annotation, EditorState } from "@codemirror/state";
import { drawSelection, EditorView, highlightActiveLine, highlightActiveLineGutter, keymap, lineNumbers } from "@codemirror/view";
import { tags } from "@lezer/highlight";
import { useEffect, useImperativeHandle, useRef, type Ref } from "react";

// CodeMirror for JSON. It stands in a shadow root, where its styles are constructed sheets: the page's policy allows no inline styles.

export interface Finding {
  start: number;
  end: number;
  severity: "error" | "warning";
  message: string;
}
export interface EditorHandle {
  show: (start: number, end: number) => void;
  focus: () => void;
}

const outside = Annotation.define<boolean>();
const colours = HighlightStyle.define([
  { tag: tags.propertyName, color: "var(--accent-strong)" },
  { tag: tags.string, color: "light-dark(#177540, #86d6a8)" },
  { tag: tags.number, color: "light-dark(#a0430a, #f0a36e)" },
  { tag: [tags.bool, tags.null], color: "light-dark(#7a3db8, #c49bf0)" },
  { tag: tags.invalid, color: "var(--bad)" },
]);
const theme = EditorView.theme({
  "&": { height: "100%", fontSize: "13px", color: "var(--text)", backgroundColor: "var(--surface)" },
  "&.cm-focused": { outline: "none" },
  ".cm-scroller": { fontFamily: "var(--mono)", lineHeight: "1.55", overflow: "auto" },
  ".cm-content": { caretColor: "var(--text)", padding: "8px 0" },
  ".cm-cursor": { borderLeftColor: "var(--text)" },
  ".cm-gutters": { backgroundColor: "var(--sunken)", color: "var(--soft)", border: "none", borderRight: "1px solid var(--line)" },
  ".cm-activeLine": { backgroundColor: "color-mix(in srgb, var(--tint) 45%, transparent)" },
  ".cm-activeLineGutter": { backgroundColor: "var(--tint)", color: "var(--text)" },
  "&.cm-focused > .cm-scroller > .cm-selectionLayer .cm-selectionBackground, .cm-selectionBackground": { backgroundColor: "color-mix(in srgb, var(--accent) 30%, transparent) !important" },
  ".cm-selectionMatch": { backgroundColor: "var(--mark)" },
  ".cm-searchMatch": { backgroundColor: "var(--mark)" },
  ".cm-panels": { backgroundColor: "var(--raised)", color: "var(--text)", borderColor: "var(--line)" },
  ".cm-panels input, .cm-panels button": { backgroundColor: "var(--surface)", backgroundImage: "none", color: "var(--text)", border: "1px solid var(--line)", borderRadius: "6px" },
  ".cm-tooltip": { backgroundColor: "var(--raised)", color: "var(--text)", border: "1px solid var(--line)", borderRadius: "8px", maxWidth: "min(520px, 90vw)" },
  ".cm-diagnostic": { padding: "6px 10px", overflowWrap: "anywhere", whiteSpace: "pre-wrap" },
  ".cm-diagnostic-error": { borderLeftColor: "var(--bad)" },
  ".cm-lintRange-error": { backgroundImage: "none", textDecoration: "underline wavy var(--bad)", textUnderlineOffset: "3px" },
  ".cm-lintRange-warning": { backgroundImage: "none", textDecoration: "underline wavy var(--warn)", textUnderlineOffset: "3px" },
  // The library draws these with data: addresses of its own colours.
  ".cm-lint-marker": { content: "none", width: "9px", height: "9px", borderRadius: "50%", margin: "5px 2px 0" },
  ".cm-lint-marker-error": { content: "none !important", backgroundColor: "var(--bad)" },
  ".cm-lint-marker-warning": { content: "none !important", backgroundColor: "var(--warn)" },
  ".cm-foldPlaceholder": { backgroundColor: "var(--code)", color: "var(--soft)", border: "none", padding: "0 6px" },
});

export function CodeEditor({ value, onChange, findings = [], label, height, describedBy, readOnly = "no", focus = "no", tab = "indents", ref }: {
  value: string; onChange?: (value: string) => void; findings?: readonly Finding[]; label: string; height: string; describedBy?: string; readOnly?: "yes" | "no"; focus?: "yes" | "no"; tab?: "indents" | "leaves"; ref?: Ref<EditorHandle>;
}) {
  const host = useRef<HTMLDivElement>(null);
  const view = useRef<EditorView>(undefined);
  const change = useRef(onChange);
  change.current = onChange;
  const first = useRef(value);

  useEffect(() => {
    const place = host.current;
    if (!place) return;
    const root = place.shadowRoot ?? place.attachShadow({ mode: "open" });
    const made = new EditorView({
      root,
      parent: root,
      state: EditorState.create({
        doc: first.current,
        extensions: [
          lineNumbers(), foldGutter(), lintGutter(), history(), drawSelection(), indentOnInput(), indentUnit.of("  "), bracketMatching(), highlightActiveLine(), highlightActiveLineGutter(), highlightSelectionMatches(),
          json(), syntaxHighlighting(colours), theme, EditorView.lineWrapping,
          EditorState.readOnly.of(readOnly === "yes"),
          // Where Tab indents, Escape, then Tab leaves (CodeMirror's own way out for keyboards). In a dialog Escape closes it.
          keymap.of([...defaultKeymap, ...historyKeymap, ...searchKeymap, ...foldKeymap, ...lintKeymap, ...(tab === "indents" ? [indentWithTab] : [])]),
          EditorView.contentAttributes.of({ "aria-label": label, spellcheck: "false", tabindex: "0", ...(describedBy ? { "aria-describedby": describedBy } : {}) }),
          EditorView.updateListener.of((update) => {
            if (update.docChanged && !update.transactions.some((one) => one.annotation(outside))) change.current?.(update.state.doc.toString());
          }),
        ],
      }),
    });
    view.current = made;
    // After a dialog around it has opened, which puts focus on its first button.
    const later = focus === "yes" ? setTimeout(() => made.focus(), 0) : undefined;
    return () => {
      clearTimeout(later);
      first.current = made.state.doc.toString();
      made.destroy();
      view.current = undefined;
    };
  }, [label, describedBy, readOnly, focus, tab]);

  useEffect(() => {
    const made = view.current;
    if (!made || made.state.doc.toString() === value) return;
    made.dispatch({ changes: { from: 0, to: made.state.doc.length, insert: value }, annotations: outside.of(true) });
  }, [value]);

  useEffect(() => {
    const made = view.current;
    if (!made) return;
    const most = made.state.doc.length;
    const shown = findings.map((one): Diagnostic => ({ from: Math.min(one.start, most), to: Math.min(Math.max(one.end, one.start), most), severity: one.severity, message: one.message }));
    made.dispatch(setDiagnostics(made.state, shown));
  }, [findings, value]);

  useImperativeHandle(ref, () => ({
    show: (start, end) => {
      const made = view.current;
      if (!made) return;
      const most = made.state.doc.length;
      made.dispatch({ selection: { anchor: Math.min(start, most), head: Math.min(end, most) }, effects: EditorView.scrollIntoView(Math.min(start, most), { y: "center" }) });
      made.focus();
    },
    focus: () => view.current?.focus(),
  }), []);

  return <div className="sm-editor" style={{ height }} ref={host} data-editor={label} />;
}
