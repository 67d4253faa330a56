import type { ComponentType, ReactNode } from "react";
import { HomeIcon } from "./lib/icons";
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
];
