import { useRef, useState, type PointerEvent } from "react";
import { firstSight, type Faces } from "./faceblur";
import { onPlayerKey, PlayerBar } from "./PlayerBar";
import { Timeline } from "./Timeline";
import { usePair } from "./usePair";

// Before and after, one over the other, with a line to slide.
export function Compare({ before, after, faces }: { before: string | undefined; after: string; faces: Faces | undefined }) {
  const frameRate = faces?.video.frameRate || 25;
  const player = usePair(frameRate, faces && firstSight(faces.tracks));
  const [share, setShare] = useState(50);
  const stage = useRef<HTMLDivElement>(null);
  const ratio = faces && faces.video.width > 0 ? `${faces.video.width} / ${faces.video.height}` : "16 / 9";
  const slide = (event: PointerEvent) => {
    const box = stage.current?.getBoundingClientRect();
    if (!box) return;
    setShare(Math.max(0, Math.min(100, ((event.clientX - box.left) / box.width) * 100)));
  };
  return (
    <div className="fb-player" onKeyDown={(event) => onPlayerKey(event, player)}>
      <div
        className="fb-stage" ref={stage} style={{ aspectRatio: ratio }}
        onPointerDown={(event) => { if (before && event.button === 0) { event.currentTarget.setPointerCapture(event.pointerId); slide(event); } }}
        onPointerMove={(event) => { if (event.currentTarget.hasPointerCapture(event.pointerId)) slide(event); }}
      >
        <video ref={player.first} src={after} playsInline preload="auto" aria-label="After: the film with its faces covered" tabIndex={-1} data-testid="after" />
        {before && <video ref={player.second} src={before} muted playsInline preload="auto" style={{ clipPath: `inset(0 ${100 - share}% 0 0)` }} aria-label="Before: the film as it was uploaded" tabIndex={-1} data-testid="before" />}
        {before && (
          <>
            <span className="fb-label left" style={{ opacity: share > 12 ? 1 : 0 }}>Before</span>
            <span className="fb-label right" style={{ opacity: share < 88 ? 1 : 0 }}>After</span>
            <span className="fb-line" style={{ left: `${share}%` }} aria-hidden="true"><svg viewBox="0 0 36 36" width="36" height="36"><circle cx="18" cy="18" r="17" fill="#fff" /><path d="m14 12-6 6 6 6M22 12l6 6-6 6" fill="none" stroke="#18202b" strokeWidth="2.4" strokeLinecap="round" strokeLinejoin="round" /></svg></span>
            <input className="fb-slider" type="range" min={0} max={100} step={1} value={Math.round(share)} aria-label="How much of the film before shows" aria-valuetext={`${Math.round(share)} percent before`} onChange={(event) => setShare(Number(event.target.value))} />
          </>
        )}
      </div>
      <PlayerBar player={player} frameRate={frameRate} />
      {player.error && <p className="ui-note" data-mood="warn" role="alert">{player.error}</p>}
      {faces && <Timeline tracks={faces.tracks} film={after} duration={player.duration || faces.video.durationMs / 1000} time={player.time} onSeek={player.seek} />}
    </div>
  );
}
