import { lazy } from "react";
import type { RoomProps } from "../../rooms";
import { ImportedExecution } from "./ImportedExecution";
import { MachineList } from "./MachineList";
import "./machines.css";

// #/machines, #/machines?create=1, #/machines?file=NAME, #/machines/NAME, #/machines/NAME/executions/NAME. The editor comes with what needs it.
const CreateMachine = lazy(() => import("./CreateMachine"));
const MachineRoom = lazy(() => import("./MachineRoom"));
const ExecutionRoom = lazy(() => import("./ExecutionRoom"));

export default function MachinesRoom({ route }: RoomProps) {
  const [name, part, execution] = route.rest;
  if (name === undefined) {
    if (route.query.has("create")) return <CreateMachine />;
    if (route.query.has("file")) return <ImportedExecution />;
    return <MachineList />;
  }
  if (part === "executions" && execution !== undefined) return <ExecutionRoom key={`${name}/${execution}`} machine={name} name={execution} />;
  return <MachineRoom key={name} name={name} tab={part ?? ""} />;
}
