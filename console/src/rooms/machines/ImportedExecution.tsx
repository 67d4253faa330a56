import { lazy, useMemo } from "react";
import { href } from "../../lib/router";
import { useStore } from "../../lib/store";
import { EmptyState, RoomTitle, Status } from "../../ui/basics";
import { History, markCaught } from "./history/history";
import { imported } from "./imported";
import { OpenFile } from "./MachineList";
import { waysOf } from "./useExecution";

const ExecutionView = lazy(() => import("./ExecutionView"));

// An execution out of a file: looked at, not run.
export function ImportedExecution() {
  const file = useStore(imported);
  const state = useMemo(() => {
    if (!file) return undefined;
    const history = new History();
    history.add(file.events);
    markCaught(history.runs, waysOf(file.definition));
    return { details: undefined, definition: file.definition, roleArn: "", history, version: 1, isWhole: true };
  }, [file]);
  const crumbs = [{ title: "State machines", to: href("machines") }];
  if (!file || !state)
    return (
      <div className="ui-room">
        <RoomTitle title="An execution’s file" crumbs={crumbs} />
        <EmptyState title="The file is not open any more" action={<OpenFile className="button primary" />}>A page that was loaded anew forgets what it had opened. Open the file again.</EmptyState>
      </div>
    );
  return (
    <div className="ui-room wide">
      <RoomTitle title={file.name} crumbs={crumbs} actions={<OpenFile />}><span className="ui-row"><Status value={state.history.status} />from a file{file.machine && `, of the machine ${file.machine}`}</span></RoomTitle>
      {file.definition === undefined && <p className="ui-note">This file holds no definition, so there is no graph. Events and times are all here. To get both, save the execution from its room.</p>}
      <ExecutionView state={state} machine={file.machine} />
    </div>
  );
}
