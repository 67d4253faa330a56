import { bytes, clock } from "../../lib/format";
import { CloseIcon, FileIcon } from "../../lib/icons";
import type { Pending } from "./state";

interface Props {
  pending: Pending;
  onRetry: (pending: Pending) => void;
  onCancel: (nonce: string) => void;
}

// A message on its way to the server.
export function PendingBubble({ pending, onRetry, onCancel }: Props) {
  const { file, error, progress } = pending;
  const percent = Math.floor(progress * 100);
  return (
    <li className="message own pending">
      <article className="bubble" aria-label={error ? "Not sent" : "Being sent"}>
        {file && (
          <div className="attachment">
            <p className="file"><FileIcon /><span className="file-name">{file.name}</span><span className="file-size">{bytes(file.size)}</span></p>
            {!error && (
              <div className="upload">
                <progress value={progress} max={1} aria-label={`Sending ${file.name}`} />
                <span className="percent">{progress >= 1 ? "storing…" : `${percent} %`}</span>
                <button type="button" className="icon-button" aria-label={`Stop sending ${file.name}`} onClick={() => onCancel(pending.nonce)}><CloseIcon /></button>
              </div>
            )}
          </div>
        )}
        {pending.text !== "" && <div className="text">{pending.text}</div>}
        {error ? (
          <div className="failed" role="alert">
            <p>Not sent: {error}</p>
            <button type="button" className="button" onClick={() => onRetry(pending)}>Try again</button>
            <button type="button" className="button" onClick={() => onCancel(pending.nonce)}>Drop it</button>
          </div>
        ) : (
          <footer><span>sending…</span><time>{clock(pending.sentAt)}</time></footer>
        )}
      </article>
    </li>
  );
}
