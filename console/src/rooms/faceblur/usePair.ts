import { useCallback, useEffect, useRef, useState, type RefObject } from "react";

const kDrift = 0.04; // seconds that two films may be apart while they play

export interface Player {
  first: RefObject<HTMLVideoElement | null>;
  second: RefObject<HTMLVideoElement | null>;
  time: number; // seconds
  duration: number;
  isPlaying: boolean;
  error: string;
  toggle: () => void;
  seek: (seconds: number) => void;
  step: (frames: number) => void;
}

// Two films of the same length as one: the first leads, the second follows. They begin at `startAt` (seconds), once it is
// known: where there is something to see.
export function usePair(frameRate: number, startAt: number | undefined): Player {
  const first = useRef<HTMLVideoElement>(null);
  const second = useRef<HTMLVideoElement>(null);
  const [time, setTime] = useState(0);
  const [duration, setDuration] = useState(0);
  const [isPlaying, setIsPlaying] = useState(false);
  const [error, setError] = useState("");

  useEffect(() => {
    const lead = first.current;
    if (!lead) return;
    let frame = 0;
    const follow = () => {
      const other = second.current;
      if (other && Math.abs(other.currentTime - lead.currentTime) > kDrift && !other.seeking) other.currentTime = lead.currentTime;
      setTime(lead.currentTime);
      if (!lead.paused) frame = requestAnimationFrame(follow);
    };
    const onPlay = () => {
      setIsPlaying(true);
      void second.current?.play().catch(() => {});
      frame = requestAnimationFrame(follow);
    };
    const onPause = () => {
      setIsPlaying(false);
      cancelAnimationFrame(frame);
      const other = second.current;
      if (other) {
        other.pause();
        other.currentTime = lead.currentTime;
      }
      setTime(lead.currentTime);
    };
    const onSeeked = () => setTime(lead.currentTime);
    const onLength = () => setDuration(Number.isFinite(lead.duration) ? lead.duration : 0);
    const onError = () => setError("This browser cannot play the film. It can be downloaded all the same.");
    const handlers: [string, () => void][] = [["play", onPlay], ["pause", onPause], ["ended", onPause], ["seeked", onSeeked], ["loadedmetadata", onLength], ["durationchange", onLength], ["error", onError]];
    for (const [name, handler] of handlers) lead.addEventListener(name, handler);
    if (lead.readyState > 0) onLength();
    return () => {
      cancelAnimationFrame(frame);
      for (const [name, handler] of handlers) lead.removeEventListener(name, handler);
    };
  }, []);

  const toggle = useCallback(() => {
    const lead = first.current;
    if (!lead) return;
    if (lead.paused) void lead.play().catch((failure: unknown) => setError(failure instanceof Error ? failure.message : String(failure)));
    else lead.pause();
  }, []);
  const seek = useCallback((seconds: number) => {
    const lead = first.current;
    if (!lead) return;
    const at = Math.max(0, Math.min(seconds, Number.isFinite(lead.duration) ? lead.duration : seconds));
    lead.currentTime = at;
    if (second.current) second.current.currentTime = at;
    setTime(at);
  }, []);
  // To the middle of a frame: its edge is another frame in some decoders.
  const step = useCallback((frames: number) => {
    const lead = first.current;
    if (!lead) return;
    lead.pause();
    seek((Math.floor(lead.currentTime * frameRate + 1e-3) + frames + 0.5) / frameRate);
  }, [frameRate, seek]);

  const isBegun = useRef(false);
  useEffect(() => {
    if (isBegun.current || startAt === undefined || duration === 0) return;
    isBegun.current = true;
    if ((first.current?.currentTime ?? 0) === 0 && first.current?.paused) seek(startAt);
  }, [startAt, duration, seek]);

  return { first, second, time, duration, isPlaying, error, toggle, seek, step };
}
