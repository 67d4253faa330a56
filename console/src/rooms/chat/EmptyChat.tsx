import { ConnectBot } from "./ConnectBot";
import type { State } from "./state";

// The first thing that is seen: what to do.
export function EmptyChat({ state, onCommand }: { state: State; onCommand: (text: string) => void }) {
  const { bot, commands } = state;
  if (!bot) return null;
  if (!bot.is_connected) {
    return (
      <section className="empty" aria-label="How to begin">
        <h2>No bot is connected yet</h2>
        <ConnectBot token={bot.token} path={bot.api_path} />
        <p className="hint">What you write now waits for the bot, for a day.</p>
      </section>
    );
  }
  return (
    <section className="empty" aria-label="How to begin">
      <h2>Say hello to {bot.first_name}</h2>
      <p>Write a message, paste a link, or drop a video anywhere on this page.</p>
      <button type="button" className="button primary start" onClick={() => onCommand("/start")}>Start</button>
      {commands.length > 0 && (
        <ul className="command-list">
          {commands.map((one) => (
            <li key={one.command}><button type="button" onClick={() => onCommand(`/${one.command}`)}><b>/{one.command}</b><span>{one.description}</span></button></li>
          ))}
        </ul>
      )}
    </section>
  );
}
