import { useVirtualizer } from "@tanstack/react-virtual";
import { useMemo, useRef } from "react";
import { duration } from "../../lib/format";
import { summaryOf, summaryText, type History, type Run } from "./history/history";

const ROW = 30;

function niceStep(span: number): number {
  const rough = span / 5;
  const unit = [1, 2, 5].map((n) => n * 10 ** Math.floor(Math.log10(rough || 1))).find((n) => n >= rough) ?? 10 ** Math.ceil(Math.log10(rough || 1));
  for (const round of [60_000, 300_000, 600_000, 1_800_000, 3_600_000]) if (rough > 30_000 && round >= rough) return round;
  return Math.max(1, unit);
}

// When each state ran, one line a run, indented within branches and items; thinner bars are a task's attempts.
export function TimeChart({ history, version, now, chosen, onChoose }: { history: History; version: number; now: number; chosen: number | undefined; onChoose: (run: Run) => void }) {
  const scroller = useRef<HTMLDivElement>(null);
  const runs = useMemo(() => history.runs.slice(), [history, version]);
  const virtual = useVirtualizer({ count: runs.length, getScrollElement: () => scroller.current, estimateSize: () => ROW, overscan: 10 });
  const from = history.startedAt ?? runs[0]?.enteredAt ?? 0;
  const until = Math.max(from + 1, history.endedAt ?? now, history.lastAt);
  const span = until - from;
  const percent = (time: number) => Math.min(100, Math.max(0, ((time - from) / span) * 100));
  const step = niceStep(span);
  const ticks = Array.from({ length: Math.min(40, Math.floor(span / step) + 1) }, (_, i) => i * step);
  if (runs.length === 0) return <p className="sm-hint">No state has been entered yet.</p>;
  return (
    <div className="sm-times-chart" ref={scroller} role="region" aria-label="Time chart" tabIndex={0}>
      <div className="sm-scale" aria-hidden="true"><div>{ticks.map((tick) => <span key={tick} style={{ left: `${percent(from + tick)}%` }}>{tick === 0 ? "0" : duration(tick)}</span>)}</div></div>
      <div className="sm-rows" style={{ height: virtual.getTotalSize() }}>
        {virtual.getVirtualItems().map((item) => {
          const run = runs[item.index];
          if (!run) return null;
          const left = percent(run.enteredAt);
          const end = run.exitedAt ?? now;
          const say = `, ${summaryText(summaryOf([run]))}, from ${duration(run.enteredAt - from)} on: `;
          return (
            <button key={item.key} type="button" className="sm-row" aria-pressed={run.index === chosen} title={run.name} style={{ height: ROW, transform: `translateY(${item.start}px)` }} onClick={() => onChoose(run)}>
              <span className="sm-row-name" style={{ paddingLeft: 12 + Math.min(run.depth, 6) * 14 }}>{run.name}{run.iteration === undefined ? "" : ` #${run.iteration}`}<span className="hidden-label">{say}</span></span>
              <span className="sm-row-bars">
                <i data-status={run.status} style={{ left: `${left}%`, width: `max(3px, ${percent(end) - left}%)` }} />
                {run.attempts.length > 1 && run.attempts.map((one) => <b key={one.scheduled} data-failed={one.failed ? "" : undefined} style={{ left: `${percent(one.scheduledAt)}%`, width: `max(2px, ${percent(one.endedAt ?? end) - percent(one.scheduledAt)}%)` }} />)}
                <em data-inside={percent(end) - left > 25 ? "" : undefined} style={percent(end) - left > 25 ? { right: `calc(${100 - percent(end)}% + 8px)` } : percent(end) > 82 ? { right: `calc(${100 - left}% + 6px)` } : { left: `calc(max(${percent(end)}%, ${left}% + 3px) + 6px)` }}>{duration(Math.max(0, end - run.enteredAt))}</em>
              </span>
            </button>
          );
        })}
      </div>
    </div>
  );
}
