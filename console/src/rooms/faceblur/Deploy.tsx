
// How FaceBlur comes into this engine.
export function Deploy({ onDone }: { onDone: () => void }) {
  return (
    <div style={{ display: "grid", gap: 10, justifyItems: "center" }}>
      <p>Deploy it from a terminal in the project’s folder:</p>
      <pre className="ui-code block">cumulet deploy apps/faceblur/template.yaml</pre>
      <button type="button" className="button" onClick={onDone}>Look again</button>
    </div>
  );
}
