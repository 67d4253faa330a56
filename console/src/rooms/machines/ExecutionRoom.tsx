import { useState } from "react";
import { withFreshKeys } from "../../lib/aws";
import { DownloadIcon, RedoIcon } from "../../lib/icons";
import { href } from "../../lib/router";
import { AsCommand, awsCommand, Dialog, Failure, Field, pythonCall, RoomTitle, Status, Waiting } from "../../ui/basics";
import { executionArn, historyEvents, stopExecution } from "./api";
import ExecutionView from "./ExecutionView";
import { writeFile } from "./history/file";
import type { HistoryEvent } from "./history/history";
import { save } from "./JsonBox";
import { StartExecution, type FromState } from "./StartExecution";
import { useExecution } from "./useExecution";

function Stop({ arn, onClose, onStopped }: { arn: string; onClose: () => void; onStopped: () => void }) {
  const [errorName, setErrorName] = useState("");
  const [cause, setCause] = useState("");
  const [failure, setFailure] = useState<Error | null>(null);
  const stop = () => withFreshKeys(() => stopExecution(arn, errorName.trim(), cause.trim())).then(() => { onStopped(); onClose(); }, (error: unknown) => setFailure(error instanceof Error ? error : new Error(String(error))));
  const call = { executionArn: arn, ...(errorName.trim() ? { error: errorName.trim() } : {}), ...(cause.trim() ? { cause: cause.trim() } : {}) };
  return (
    <Dialog title="Stop this execution?" onClose={onClose}>
      <form className="sm-form" onSubmit={(event) => { event.preventDefault(); void stop(); }}>
        <p>It ends where it is: no state after this one runs. A function that was called already goes on by itself.</p>
        <Field label="Error (may stay empty)"><input className="ui-input" value={errorName} maxLength={256} onChange={(event) => setErrorName(event.target.value)} /></Field>
        <Field label="Cause (may stay empty)"><input className="ui-input" value={cause} maxLength={32768} onChange={(event) => setCause(event.target.value)} /></Field>
        {failure && <Failure error={failure} doing="Stopping the execution" />}
        <AsCommand cli={awsCommand("stepfunctions", "stop-execution", { "execution-arn": arn, ...(call.error ? { error: call.error } : {}), ...(call.cause ? { cause: call.cause } : {}) })} python={pythonCall("stepfunctions", "stop_execution", call)} />
        <div className="sm-end-row"><button type="button" className="button" autoFocus onClick={onClose}>Let it run</button><button type="submit" className="button sm-danger">Stop execution</button></div>
      </form>
    </Dialog>
  );
}

export default function ExecutionRoom({ machine, name }: { machine: string; name: string }) {
  const arn = executionArn(machine, name);
  const loaded = useExecution(arn);
  const { data } = loaded;
  const [isStopping, setIsStopping] = useState(false);
  const [again, setAgain] = useState<{ input: string; from?: FromState }>();
  const [saveError, setSaveError] = useState<Error | null>(null);
  const status = data?.details?.status ?? "";

  // All of it, payloads too, however much the page itself keeps.
  const download = () =>
    withFreshKeys(async () => {
      const events: HistoryEvent[] = [];
      await historyEvents(arn, 0, { bytes: Infinity }, new AbortController().signal, (page) => events.push(...page));
      const { $metadata: _, ...execution } = { $metadata: undefined, ...data?.details };
      save(writeFile(execution, data?.definition ?? "", events), `${machine}-${name}.json`);
      setSaveError(null);
    }).catch((error: unknown) => setSaveError(error instanceof Error ? error : new Error(String(error))));

  return (
    <div className="ui-room wide">
      <RoomTitle
        title={name} crumbs={[{ title: "State machines", to: href("machines") }, { title: machine, to: href("machines", machine) }]}
        actions={data && (
          <>
            <button type="button" className="button" onClick={() => void download()}><DownloadIcon />Save as JSON</button>
            {status === "RUNNING" && <button type="button" className="button" onClick={() => setIsStopping(true)}>Stop</button>}
            <button type="button" className="button" onClick={() => setAgain({ input: data.details?.input ?? data.history.input ?? "{}" })}><RedoIcon />Run again</button>
          </>
        )}
      >{data ? <Status value={status} /> : null}</RoomTitle>
      {saveError && <Failure error={saveError} doing="Reading the whole history" />}
      {loaded.error && <Failure error={loaded.error} doing="Reading the execution" onRetry={loaded.reload}>{loaded.error.name === "ExecutionDoesNotExist" && <p>It may be of another machine or region, or of an express machine, whose executions are not kept. <a href={href("machines", machine)}>Executions of {machine}</a></p>}</Failure>}
      {!data && !loaded.error && <Waiting />}
      {data && <ExecutionView state={data} machine={machine} onRunFrom={(state, input) => setAgain({ input, from: { state, definition: data.definition ?? "", roleArn: data.roleArn, execution: name } })} />}
      {isStopping && <Stop arn={arn} onClose={() => setIsStopping(false)} onStopped={loaded.reload} />}
      {again && <StartExecution machine={machine} input={again.input} {...(again.from ? { from: again.from } : {})} onClose={() => setAgain(undefined)} />}
    </div>
  );
}
