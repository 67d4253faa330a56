import { useVirtualizer } from "@tanstack/react-virtual";
import { useCallback, useEffect, useMemo, useRef, useState, type FormEvent } from "react";
import { logs, withFreshKeys } from "../../lib/aws";
import { useFeed, type LiveKind } from "../../lib/feed";
import { exactTime, shortTime } from "../../lib/format";
import { LogsIcon, SearchIcon } from "../../lib/icons";
import { hrefWith, navigate } from "../../lib/router";
import { useLoad } from "../../lib/useLoad";
import type { RoomProps } from "../../rooms";
import { AsCommand, awsCommand, EmptyState, Failure, Field, Panel, pythonCall, RoomTitle, Waiting } from "../../ui/basics";
import "./logs.css";

const kLines: readonly LiveKind[] = ["logLine"];
const kMostLines = 5000; // in the page; the oldest go first
const kMostPages = 40;
const kSpans: Record<string, { title: string; ms: number }> = {
  "15m": { title: "15 minutes", ms: 15 * 60_000 }, "1h": { title: "1 hour", ms: 3_600_000 }, "1d": { title: "1 day", ms: 86_400_000 }, "7d": { title: "7 days", ms: 7 * 86_400_000 }, all: { title: "All time", ms: 0 },
};

interface Line {
  id: string;
  at: number; // milliseconds
  group: string;
  stream: string;
  text: string;
}

async function listGroups(): Promise<string[]> {
  const [client, { DescribeLogGroupsCommand }] = await logs();
  const all: string[] = [];
  let nextToken: string | undefined;
  do {
    const page = await client.send(new DescribeLogGroupsCommand({ ...(nextToken ? { nextToken } : {}) }));
    for (const one of page.logGroups ?? []) if (one.logGroupName) all.push(one.logGroupName);
    nextToken = page.nextToken;
  } while (nextToken && all.length < 2000);
  return all.sort();
}

async function searchGroup(group: string, pattern: string, since: number, signal: AbortSignal): Promise<Line[]> {
  const [client, { FilterLogEventsCommand }] = await logs();
  const lines: Line[] = [];
  let nextToken: string | undefined;
  for (let n = 0; n < kMostPages && lines.length < kMostLines; ++n) {
    const page = await client.send(new FilterLogEventsCommand({ logGroupName: group, ...(since ? { startTime: since } : {}), ...(pattern ? { filterPattern: pattern } : {}), ...(nextToken ? { nextToken } : {}) }), { abortSignal: signal });
    for (const one of page.events ?? []) lines.push({ id: one.eventId ?? `${group} ${lines.length}`, at: one.timestamp ?? 0, group, stream: one.logStreamName ?? "", text: one.message ?? "" });
    nextToken = page.nextToken;
    if (!nextToken) break;
  }
  return lines;
}

// Plain words are looked for as they stand; who writes a pattern of CloudWatch's means it.
const patternOf = (text: string) => (text === "" || /^[{["?-]|"/.test(text) ? text : `"${text}"`);
// Tailed lines are matched here, without CloudWatch's patterns.
const isPattern = (text: string) => /^[{[?-]/.test(text);

const kLevels: [RegExp, string][] = [[/\b(ERROR|FATAL|CRITICAL|Traceback|Task timed out)\b|"level"\s*:\s*"error"/i, "bad"], [/\b(WARN|WARNING)\b|"level"\s*:\s*"warn/i, "warn"], [/^(START|END|REPORT|INIT_START) /, "soft"]];
const levelOf = (text: string) => kLevels.find(([pattern]) => pattern.test(text))?.[1];

function Marked({ text, find }: { text: string; find: string }) {
  if (!find || isPattern(find)) return <>{text}</>;
  const plain = find.replace(/^"(.*)"$/, "$1").toLowerCase();
  const parts: { text: string; isHit: boolean }[] = [];
  const low = text.toLowerCase();
  let from = 0;
  for (let at = low.indexOf(plain); plain && at >= 0 && parts.length < 200; at = low.indexOf(plain, from)) {
    parts.push({ text: text.slice(from, at), isHit: false }, { text: text.slice(at, at + plain.length), isHit: true });
    from = at + plain.length;
  }
  parts.push({ text: text.slice(from), isHit: false });
  return <>{parts.map((part, index) => (part.isHit ? <mark key={index}>{part.text}</mark> : part.text))}</>;
}

function Lines({ lines, find, isTailing, onAway }: { lines: Line[]; find: string; isTailing: "yes" | "no"; onAway: () => void }) {
  const scroller = useRef<HTMLDivElement>(null);
  const virtual = useVirtualizer({ count: lines.length, getScrollElement: () => scroller.current, estimateSize: () => 26, overscan: 20, getItemKey: (index) => lines[index]?.id ?? index });
  useEffect(() => {
    if (isTailing === "yes" && lines.length > 0) virtual.scrollToIndex(lines.length - 1, { align: "end" });
  }, [isTailing, lines, virtual]);
  return (
    <div
      className="logs-lines" ref={scroller} tabIndex={0} role="log" aria-live="off" aria-label="Log lines"
      onWheel={(event) => { if (event.deltaY < 0 && isTailing === "yes") onAway(); }}
      onKeyDown={(event) => { if (["PageUp", "ArrowUp", "Home"].includes(event.key) && isTailing === "yes") onAway(); }}
    >
      <div style={{ height: virtual.getTotalSize(), position: "relative" }}>
        {virtual.getVirtualItems().map((item) => {
          const line = lines[item.index];
          if (!line) return null;
          return (
            <div key={item.key} data-index={item.index} ref={virtual.measureElement} className="logs-line" data-level={levelOf(line.text)} style={{ transform: `translateY(${item.start}px)` }}>
              <time title={exactTime(new Date(line.at))}>{shortTime(new Date(line.at))}</time>
              <span className="logs-group" title={`${line.group}\n${line.stream}`}>{line.group.split("/").at(-1)}</span>
              <span className="logs-text"><Marked text={line.text.replace(/\n$/, "")} find={find} /></span>
            </div>
          );
        })}
      </div>
    </div>
  );
}

export default function LogsRoom({ route }: RoomProps) {
  const chosen = route.query.get("group") ?? "";
  const find = route.query.get("find") ?? "";
  const span = route.query.get("span") ?? "1h";
  const [text, setText] = useState(find);
  const [isTailing, setIsTailing] = useState<"yes" | "no">("yes");
  const [tailed, setTailed] = useState<Line[]>([]);
  useEffect(() => setText(find), [find]);
  const groups = useLoad("groups", listGroups, { every: 15_000 });
  const names = groups.data;
  const wanted = useMemo(() => (chosen ? [chosen] : (names ?? [])), [chosen, names]);
  const wantedKey = wanted.join("\n");
  const [search, setSearch] = useState<{ lines: Line[]; error: Error | null; isBusy: boolean }>({ lines: [], error: null, isBusy: true });

  const run = useCallback(() => {
    const ended = new AbortController();
    setTailed([]);
    setSearch((before) => ({ ...before, isBusy: true, error: null }));
    const since = kSpans[span]?.ms ? Date.now() - (kSpans[span]?.ms ?? 0) : 0;
    const all = wantedKey === "" ? [] : wantedKey.split("\n");
    withFreshKeys(() => Promise.all(all.map((group) => searchGroup(group, patternOf(find), since, ended.signal)))).then(
      (found) => { if (!ended.signal.aborted) setSearch({ lines: found.flat().sort((a, b) => a.at - b.at).slice(-kMostLines), error: null, isBusy: false }); },
      (error: unknown) => { if (!ended.signal.aborted) setSearch({ lines: [], error: error instanceof Error ? error : new Error(String(error)), isBusy: false }); },
    );
    return () => ended.abort();
  }, [wantedKey, find, span]);
  useEffect(run, [run]);

  useFeed(kLines, (records) => {
    const plain = find.replace(/^"(.*)"$/, "$1");
    const fresh: Line[] = [];
    for (const record of records) {
      if (record.kind !== "logLine" || (chosen && record.group !== chosen)) continue;
      if (find && !isPattern(find) && !record.message.includes(plain)) continue;
      fresh.push({ id: `live ${record.sequence}`, at: new Date(record.timestamp).getTime() || Date.parse(record.time), group: record.group, stream: record.stream, text: record.message });
    }
    if (fresh.length > 0 && !isPattern(find)) setTailed((before) => [...before, ...fresh].slice(-kMostLines));
  }, () => run());

  const lines = useMemo(() => {
    // What the search found already comes by the stream too.
    const known = new Set(search.lines.slice(-500).map((line) => `${line.at} ${line.group} ${line.text.trimEnd()}`));
    return [...search.lines, ...tailed.filter((line) => !known.has(`${line.at} ${line.group} ${line.text.trimEnd()}`))].slice(-kMostLines);
  }, [search.lines, tailed]);
  const go = (change: Record<string, string>) => navigate(hrefWith(["logs"], { group: chosen, find, span, ...change }), "replace");
  const submit = (event: FormEvent) => { event.preventDefault(); go({ find: text.trim() }); };

  return (
    <div className="ui-room wide">
      <RoomTitle title="Logs">What functions print and executions log, across all groups, as it comes.</RoomTitle>
      <form className="logs-form" onSubmit={submit} role="search">
        <Field label="Group">
          <select className="ui-input" value={chosen} onChange={(event) => go({ group: event.target.value })}>
            <option value="">All groups</option>
            {[...new Set([...(names ?? []), ...(chosen ? [chosen] : [])])].map((name) => <option key={name} value={name}>{name}</option>)}
          </select>
        </Field>
        <Field label="Since"><select className="ui-input" value={span} onChange={(event) => go({ span: event.target.value })}>{Object.entries(kSpans).map(([id, one]) => <option key={id} value={id}>{one.title}</option>)}</select></Field>
        <Field label="Find"><input className="ui-input" type="search" value={text} placeholder='Words, or a pattern: { $.level = "error" }' onChange={(event) => setText(event.target.value)} spellCheck={false} /></Field>
        <button type="submit" className="button"><SearchIcon />Search</button>
        <button type="button" className="button" aria-pressed={isTailing === "yes"} onClick={() => setIsTailing(isTailing === "yes" ? "no" : "yes")}>{isTailing === "yes" ? "Following" : "Follow"}</button>
      </form>
      {groups.error && <Failure error={groups.error} doing="Listing the groups" onRetry={groups.reload} />}
      {search.error && <Failure error={search.error} doing="Searching" onRetry={run}><p>Words are looked for as they are written. A pattern begins with a brace, a bracket, a question mark or a minus.</p></Failure>}
      <Panel label="Lines" flush="yes">
        {lines.length > 0 ? <Lines lines={lines} find={find} isTailing={isTailing} onAway={() => setIsTailing("no")} /> : search.isBusy || !names ? <Waiting /> : (
          <EmptyState icon={<LogsIcon />} title={find ? "No line says so" : "No lines yet"}>{find ? "Look further back, or in all groups." : names.length === 0 ? "There are no log groups: a function makes its own at its first line." : "Lines show here the moment they are written."}</EmptyState>
        )}
      </Panel>
      {lines.length >= kMostLines && <p className="ui-soft">The newest {kMostLines.toLocaleString()} lines are shown.</p>}
      <AsCommand
        cli={chosen ? awsCommand("logs", "filter-log-events", { "log-group-name": chosen, ...(find ? { "filter-pattern": patternOf(find) } : {}) }) : `cumulet logs --follow`}
        python={pythonCall("logs", "filter_log_events", { logGroupName: chosen || names?.[0] || "GROUP", ...(find ? { filterPattern: patternOf(find) } : {}) })}
      />
    </div>
  );
}
