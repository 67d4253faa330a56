import type { KeyboardEvent, ReactNode } from "react";
import { PauseIcon, PlayIcon, StepBackIcon, StepIcon } from "../../lib/icons";
import type { Player } from "./usePair";

export function clockOf(seconds: number): string {
  const whole = Math.floor(seconds);
  return `${Math.floor(whole / 60)}:${String(whole % 60).padStart(2, "0")}.${String(Math.floor((seconds - whole) * 100)).padStart(2, "0")}`;
}

// Space plays, arrows step a frame, with Shift a second.
export function onPlayerKey(event: KeyboardEvent, player: Player) {
  const target = event.target as HTMLElement;
  if (target.closest("input, textarea, select")) return;
  if (event.key === " " && !target.closest("button, a")) player.toggle();
  else if (event.key === "ArrowLeft") event.shiftKey ? player.seek(player.time - 1) : player.step(-1);
  else if (event.key === "ArrowRight") event.shiftKey ? player.seek(player.time + 1) : player.step(1);
  else return;
  event.preventDefault();
}

export function PlayerBar({ player, frameRate, children }: { player: Player; frameRate: number; children?: ReactNode }) {
  return (
    <div className="fb-bar">
      <button type="button" className="icon-button" aria-label="One frame back" title="One frame back (←)" onClick={() => player.step(-1)}><StepBackIcon /></button>
      <button type="button" className="icon-button fb-play" aria-label={player.isPlaying ? "Pause" : "Play"} onClick={player.toggle}>{player.isPlaying ? <PauseIcon /> : <PlayIcon />}</button>
      <button type="button" className="icon-button" aria-label="One frame on" title="One frame on (→)" onClick={() => player.step(1)}><StepIcon /></button>
      <input
        className="fb-seek" type="range" min={0} max={Math.max(player.duration, 0.01)} step={1 / frameRate} value={player.time} aria-label="Position in the film" aria-valuetext={`${player.time.toFixed(2)} seconds`}
        onChange={(event) => player.seek(Number(event.target.value))}
      />
      <span className="fb-clock">{clockOf(player.time)} <span className="ui-soft">/ {clockOf(player.duration)}</span></span>
      {children}
    </div>
  );
}
