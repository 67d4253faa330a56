import { useEffect, useState, type MouseEvent } from "react";
import { plural } from "../../lib/format";
import { faceAt, type FaceAt, type Track } from "./faceblur";
import { clockOf } from "./PlayerBar";

const kThumb = 44;
const kMostThumbs = 40;

const once = (video: HTMLVideoElement, event: string) =>
  new Promise<void>((resolve, reject) => {
    video.addEventListener(event, () => resolve(), { once: true });
    video.addEventListener("error", () => reject(new Error("the film cannot be read")), { once: true });
  });

export const middleOf = (track: Track): FaceAt | null => track.faces[track.faces.length >> 1] ?? null;

// Pictures of each track's middle, cut out of `film`: the covered film shows covered faces.
export function useThumbnails(film: string | undefined, tracks: Track[]): Map<number, string> {
  const [pictures, setPictures] = useState<Map<number, string>>(new Map());
  useEffect(() => {
    if (!film) return;
    let isOver = false;
    const video = document.createElement("video");
    video.muted = true;
    video.preload = "auto";
    video.src = film;
    const made: string[] = [];
    const draw = async () => {
      await once(video, "loadeddata");
      const canvas = document.createElement("canvas");
      canvas.width = canvas.height = kThumb * 2;
      const pen = canvas.getContext("2d");
      if (!pen) return;
      for (const track of tracks.slice(0, kMostThumbs)) {
        const face = middleOf(track);
        if (!face || isOver) continue;
        video.currentTime = face.ms / 1000 + 0.001;
        await once(video, "seeked");
        const { videoWidth: w, videoHeight: h } = video;
        const side = Math.max(face.width * w, face.height * h) * 1.6;
        const x = (face.left + face.width / 2) * w - side / 2;
        const y = (face.top + face.height / 2) * h - side / 2;
        pen.clearRect(0, 0, canvas.width, canvas.height);
        pen.drawImage(video, x, y, side, side, 0, 0, canvas.width, canvas.height);
        const blob = await new Promise<Blob | null>((resolve) => canvas.toBlob(resolve, "image/jpeg", 0.85));
        if (!blob || isOver) continue;
        const url = URL.createObjectURL(blob);
        made.push(url);
        setPictures((before) => new Map(before).set(track.id, url));
      }
    };
    draw().catch(() => {}); // a timeline without pictures
    return () => {
      isOver = true;
      video.removeAttribute("src");
      video.load();
      for (const url of made) URL.revokeObjectURL(url);
      setPictures(new Map());
    };
  }, [film, tracks]);
  return pictures;
}

const kMostRows = 200;

// Who is covered from when to when. A click leads there.
export function Timeline({ tracks, film, duration, time, onSeek, chosen, onChoose }: {
  tracks: Track[]; film: string | undefined; duration: number; time: number; onSeek: (seconds: number) => void; chosen?: number | null; onChoose?: (id: number) => void;
}) {
  const pictures = useThumbnails(film, tracks);
  const length = Math.max(duration, 0.001) * 1000;
  const share = (ms: number) => `${Math.max(0, Math.min(100, (ms / length) * 100))}%`;
  const seekAt = (event: MouseEvent<HTMLElement>) => {
    const box = event.currentTarget.getBoundingClientRect();
    onSeek(((event.clientX - box.left) / box.width) * (length / 1000));
  };
  if (tracks.length === 0) return <p className="ui-soft fb-none">No face was found in this film.</p>;
  return (
    <section className="fb-timeline" aria-label="Covered faces over time">
      <p className="ui-soft">{plural(tracks.length, "face")} followed. A bar is the time a face is covered.</p>
      <ul>
        {tracks.slice(0, kMostRows).map((track, index) => {
          const first = track.faces[0]?.ms ?? 0;
          const last = track.faces.at(-1)?.ms ?? 0;
          const isNow = faceAt(track, time * 1000) !== null;
          const picture = pictures.get(track.id);
          return (
            <li key={track.id} data-now={isNow ? "" : undefined} data-chosen={chosen === track.id ? "" : undefined}>
              <button
                type="button" className="fb-thumb" aria-pressed={onChoose ? chosen === track.id : undefined} aria-label={`Face ${index + 1}, from ${clockOf(first / 1000)} to ${clockOf(last / 1000)}`}
                onClick={() => { onChoose?.(track.id); onSeek(first / 1000 + 0.001); }}
              >
                {picture ? <img src={picture} alt="" width={kThumb} height={kThumb} /> : <span aria-hidden="true">{index + 1}</span>}
              </button>
              <span className="fb-lane" onClick={seekAt} aria-hidden="true">
                <span className="fb-span" style={{ left: share(first), width: `max(4px, calc(${share(last)} - ${share(first)}))` }} />
                <span className="fb-head" style={{ left: share(time * 1000) }} />
              </span>
            </li>
          );
        })}
      </ul>
      {tracks.length > kMostRows && <p className="ui-soft">The first {kMostRows} are shown.</p>}
    </section>
  );
}
