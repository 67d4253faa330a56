import { Component, lazy, Suspense, useEffect, useRef, useState, type ComponentType, type ReactNode } from "react";
import { feedState, startFeed } from "../lib/feed";
import { HalfIcon, MenuIcon, MoonIcon, SearchIcon, SunIcon } from "../lib/icons";
import { href, useRoute } from "../lib/router";
import { sessionState } from "../lib/session";
import { useStore } from "../lib/store";
import { applyTheme, chosenTheme, type Theme } from "../lib/theme";
import { rooms, type Room, type RoomProps } from "../rooms";
import { Failure, Waiting } from "../ui/basics";
import { Mark } from "./Mark";
import { Palette } from "./Palette";
import { SignIn } from "./SignIn";

const loaded = new Map<string, ComponentType<RoomProps>>();
function componentOf(room: Room): ComponentType<RoomProps> {
  const known = loaded.get(room.id);
  if (known) return known;
  const made = lazy(room.load);
  loaded.set(room.id, made);
  return made;
}

// A room that breaks takes the others not with it.
class Guard extends Component<{ room: string; children: ReactNode }, { error: Error | null }> {
  override state = { error: null as Error | null };
  static getDerivedStateFromError = (error: unknown) => ({ error: error instanceof Error ? error : new Error(String(error)) });
  override componentDidUpdate(before: { room: string }) {
    if (before.room !== this.props.room && this.state.error) this.setState({ error: null });
  }
  override render() {
    const { error } = this.state;
    if (!error) return this.props.children;
    return (
      <div className="ui-room">
        <Failure error={error} doing="Showing this room" onRetry={() => { loaded.delete(this.props.room); this.setState({ error: null }); }}>
          <p>If the engine was replaced by another version meanwhile, load the page anew.</p>
        </Failure>
      </div>
    );
  }
}

const kThemes: { id: Theme; title: string; icon: ReactNode }[] = [
  { id: "system", title: "Colours: as the system has them", icon: <HalfIcon /> },
  { id: "light", title: "Colours: light", icon: <SunIcon /> },
  { id: "dark", title: "Colours: dark", icon: <MoonIcon /> },
];

function ThemeButton() {
  const [theme, setTheme] = useState(chosenTheme);
  const at = kThemes.findIndex((one) => one.id === theme);
  const shown = kThemes[at] ?? { title: "Colours", icon: null };
  const next = kThemes[(at + 1) % kThemes.length]?.id ?? "system";
  return <button type="button" className="icon-button" aria-label={shown.title} title={shown.title} onClick={() => { applyTheme(next); setTheme(next); }}>{shown.icon}</button>;
}

const kLiveWords = { connecting: "Connecting", live: "Live", lost: "Reconnecting" };
function LiveState() {
  const state = useStore(feedState);
  return <span className="ui-live" data-state={state} role="status"><span className="ui-live-word">{kLiveWords[state]}</span></span>;
}

function Side({ current, isOpen, onLeave }: { current: string; isOpen: boolean; onLeave: () => void }) {
  const session = useStore(sessionState);
  const groups = ["", "Applications", "Watch", "Services"] as const;
  return (
    <nav className="ui-side" aria-label="Rooms" data-open={isOpen ? "" : undefined} onKeyDown={(event) => { if (event.key === "Escape") onLeave(); }}>
      <a className="ui-brand" href="#/" onClick={onLeave}><Mark />Cumulet</a>
      {groups.map((group) => {
        const members = rooms.filter((one) => one.group === group);
        if (members.length === 0) return null;
        return (
          <div key={group}>
            {group && <h2>{group}</h2>}
            <ul>
              {members.map((room) => (
                <li key={room.id}><a href={href(room.id)} aria-current={room.id === current ? "page" : undefined} onClick={onLeave}>{room.icon}{room.title}</a></li>
              ))}
            </ul>
          </div>
        );
      })}
      {session.kind === "open" && <div className="ui-side-foot">Account {session.session.account}<br />{session.session.region} · {location.host}</div>}
    </nav>
  );
}

function Rooms() {
  const route = useRoute();
  const room = rooms.find((one) => one.id === route.room);
  const main = useRef<HTMLElement>(null);
  const [isSideOpen, setIsSideOpen] = useState(false);
  const [isPaletteOpen, setIsPaletteOpen] = useState(false);
  const feed = useStore(feedState);

  useEffect(() => startFeed(), []);
  useEffect(() => {
    const onKey = (event: KeyboardEvent) => {
      if ((event.ctrlKey || event.metaKey) && event.key.toLowerCase() === "k") {
        event.preventDefault();
        setIsPaletteOpen(true);
      }
    };
    addEventListener("keydown", onKey);
    return () => removeEventListener("keydown", onKey);
  }, []);
  // Who came to another place reads on from its beginning.
  const place = [route.room, ...route.rest].join("/");
  const lastPlace = useRef(place);
  useEffect(() => {
    if (lastPlace.current === place) return;
    lastPlace.current = place;
    main.current?.scrollTo(0, 0);
    main.current?.focus({ preventScroll: true });
  }, [place]);
  const closeSide = () => setIsSideOpen(false);
  const Shown = room && componentOf(room);

  return (
    <div className="ui-shell">
      <a className="ui-skip" href="#main" onClick={(event) => { event.preventDefault(); main.current?.focus(); }}>Skip to the room</a>
      <Side current={route.room} isOpen={isSideOpen} onLeave={closeSide} />
      <button type="button" className="ui-veil" data-open={isSideOpen ? "" : undefined} aria-label="Close the list of rooms" tabIndex={-1} onClick={closeSide} />
      <header className="ui-top">
        <button type="button" className="icon-button ui-open-side" aria-label="Rooms" aria-expanded={isSideOpen} onClick={() => { setIsSideOpen(true); requestAnimationFrame(() => document.querySelector<HTMLElement>(".ui-side a")?.focus()); }}><MenuIcon /></button>
        <button type="button" className="ui-find" onClick={() => setIsPaletteOpen(true)}><SearchIcon /><span>Go to…</span><kbd>Ctrl K</kbd></button>
        <div className="ui-top-end"><LiveState /><ThemeButton /></div>
      </header>
      <main className="ui-main" id="main" tabIndex={-1} ref={main}>
        {feed === "lost" && <p className="ui-banner" role="alert">The engine does not answer. This page comes back by itself as soon as it does.</p>}
        <Guard room={route.room}>
          <Suspense fallback={<Waiting />}>
            {Shown ? <Shown route={route} /> : (
              <div className="ui-room"><div className="ui-empty"><h1>There is no such room</h1><p>The address names “{route.room}”, which this console does not have.</p><div className="ui-row"><a className="button" href="#/">Go home</a></div></div></div>
            )}
          </Suspense>
        </Guard>
      </main>
      {isPaletteOpen && <Palette onClose={() => setIsPaletteOpen(false)} />}
    </div>
  );
}

export function Shell() {
  const session = useStore(sessionState);
  if (session.kind === "signIn") return <SignIn why={session.why} />;
  if (session.kind === "unreachable")
    return <div className="ui-cover"><div className="ui-card"><Mark /><h1>No engine answers</h1><p>{session.why}</p><p className="ui-soft" role="status">Trying again…</p></div></div>;
  return <Rooms />;
}
