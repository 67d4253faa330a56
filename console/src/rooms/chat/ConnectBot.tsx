import { useState } from "react";
import { CopyIcon } from "../../lib/icons";

function Copyable({ label, value, hidden }: { label: string; value: string; hidden?: string }) {
  const [done, setDone] = useState(false);
  const copy = async () => {
    await navigator.clipboard.writeText(value);
    setDone(true);
    setTimeout(() => setDone(false), 1500);
  };
  return (
    <div className="copyable">
      <dt>{label}</dt>
      <dd>
        <code>{hidden ?? value}</code>
        <button type="button" className="icon-button" aria-label={`Copy the ${label.toLowerCase()}`} onClick={() => void copy()}>{done ? "✓" : <CopyIcon />}</button>
      </dd>
    </div>
  );
}

// What a bot needs to be told to come here instead of Telegram.
export function ConnectBot({ token, path }: { token: string; path: string }) {
  return (
    <div className="connect">
      <p>Start your bot with this address and token instead of Telegram’s:</p>
      <dl>
        <Copyable label="Base URL" value={location.origin + path} />
        <Copyable label="Token" value={token} hidden={`${token.slice(0, token.indexOf(":") + 5)}…`} />
      </dl>
    </div>
  );
}
