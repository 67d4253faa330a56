import type { ComponentType, ReactNode } from "react";
import { ChatIcon, FaceIcon, FilmIcon, HomeIcon, LogsIcon, MachineIcon, TraceIcon } from "./lib/icons";
import type { Route } from "./lib/router";

// All rooms stand here: one row each, loaded when it is first visited. `id` is the first part of its fragment
// ("#/machines/NAME"); the room gets the rest.
export interface RoomProps {
  route: Route;
}
export interface Room {
  id: string;
  title: string;
  group: "" | "Applications" | "Watch" | "Services";
  icon: ReactNode;
  words?: string; // what somebody may type in the palette to find it
  load: () => Promise<{ default: ComponentType<RoomProps> }>;
}

export const rooms: Room[] = [
  { id: "", title: "Home", group: "", icon: <HomeIcon />, words: "start overview stacks", load: () => import("./rooms/home/HomeRoom") },
  { id: "faceblur", title: "FaceBlur", group: "Applications", icon: <FilmIcon />, words: "film video blur upload drop review", load: () => import("./rooms/faceblur/FaceBlurRoom") },
  { id: "chat", title: "Chat", group: "Applications", icon: <ChatIcon />, words: "polybot telegram bot", load: () => import("./rooms/chat/ConsoleChat") },
  { id: "faces", title: "Faces", group: "Watch", icon: <FaceIcon />, words: "rekognition detection jobs boxes", load: () => import("./rooms/faces/FacesRoom") },
  { id: "logs", title: "Logs", group: "Watch", icon: <LogsIcon />, words: "cloudwatch tail search lines", load: () => import("./rooms/logs/LogsRoom") },
  { id: "trace", title: "Trace", group: "Watch", icon: <TraceIcon />, words: "journal failures unmatched upload message", load: () => import("./rooms/trace/TraceRoom") },
  { id: "machines", title: "State machines", group: "Services", icon: <MachineIcon />, words: "step functions states workflow execution graph create", load: () => import("./rooms/machines/MachinesRoom") },
];
