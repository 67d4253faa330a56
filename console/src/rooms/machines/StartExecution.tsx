import { useId, useMemo, useState } from "react";
import { withFreshKeys } from "../../lib/aws";
import { href, navigate } from "../../lib/router";
import { AsCommand, awsCommand, Dialog, Failure, Field, pythonCall } from "../../ui/basics";
import { createHelper, executionParts, machineArn, startExecution } from "./api";
import { CodeEditor } from "./editor/CodeEditor";
import { lineOf, parseJson, prettyJson } from "./json";
import { definitionFrom, helperName } from "./rerun";

const MOST = 262_144;
export interface FromState {
  state: string;
  definition: string; // of the execution that is run again
  roleArn: string;
  execution: string; // its name
}

// Starts an execution, of the machine or, with `from`, of a machine of its own that begins at one of its states.
export function StartExecution({ machine, input, from, onClose }: { machine: string; input: string; from?: FromState; onClose: () => void }) {
  const [text, setText] = useState(() => prettyJson(input || "{}"));
  const [name, setName] = useState("");
  const [error, setError] = useState<Error | null>(null);
  const [isBusy, setIsBusy] = useState(false);
  const told = useId();
  const parsed = useMemo(() => parseJson(text), [text]);
  const findings = useMemo(() => ("fault" in parsed ? [{ start: parsed.fault.at, end: parsed.fault.at + 1, severity: "error" as const, message: parsed.fault.message }] : []), [parsed]);
  const bytes = useMemo(() => new TextEncoder().encode(text).length, [text]);
  const wrong = "fault" in parsed ? `Line ${lineOf(text, parsed.fault.at)}: ${parsed.fault.message}` : bytes > MOST ? `${bytes.toLocaleString()} bytes; an execution takes ${MOST.toLocaleString()} at most` : "";
  const shorter = useMemo(() => from && definitionFrom(from.definition, from.state), [from]);
  const target = from && shorter ? helperName(machine, shorter) : machine;

  const start = () => {
    setIsBusy(true);
    setError(null);
    withFreshKeys(async () => {
      if (from && shorter) await createHelper(target, shorter, from.roleArn, `${machine} from ${from.state}`.replace(/[^\p{L}\p{Z}\p{N}_.:/=+\-@]/gu, "_"));
      return startExecution(target, text, name.trim());
    }).then(
      (arn) => {
        onClose();
        const made = executionParts(arn);
        navigate(href("machines", made.machine, "executions", made.name));
      },
      (failure: unknown) => {
        setError(failure instanceof Error ? failure : new Error(String(failure)));
        setIsBusy(false);
      },
    );
  };
  const parameters = { stateMachineArn: machineArn(target), ...(name.trim() ? { name: name.trim() } : {}), input: text };
  const cli = awsCommand("stepfunctions", "start-execution", { "state-machine-arn": machineArn(target), ...(name.trim() ? { name: name.trim() } : {}), input: text });
  const make = from && shorter ? { name: target, definition: shorter, roleArn: from.roleArn } : undefined;

  return (
    <Dialog title={from ? `Run from “${from.state}”` : "Start execution"} onClose={onClose}>
      <form className="sm-form" onSubmit={(event) => { event.preventDefault(); if (!wrong && !isBusy) start(); }}>
        {from && (
          <div className="ui-note">
            <p>Step Functions cannot begin an execution in the middle. This makes a machine of its own, <strong>{target}</strong>, from the same definition with <code>StartAt</code> changed, and starts a <strong>new execution</strong> of it. The old execution stays as it is.</p>
            <p>Variables assigned by earlier states are not there, and <code>$$.Execution.Input</code> is the input below. Delete that machine when you are done with it.</p>
          </div>
        )}
        <div className="sm-field-editor">
          <span id={`${told}-label`}>Input, as JSON</span>
          <CodeEditor value={text} onChange={setText} findings={findings} label="Input, as JSON" height="220px" focus="yes" tab="leaves" />
          <p className="sm-under" id={told} role="status" data-mood={wrong ? "bad" : undefined}>{wrong || `Valid JSON, ${bytes.toLocaleString()} bytes`}</p>
        </div>
        <Field label="Name (a new id if you leave it empty)"><input className="ui-input" value={name} maxLength={80} onChange={(event) => setName(event.target.value)} autoComplete="off" spellCheck={false} /></Field>
        {error && <Failure error={error} doing="Starting the execution">{error.name === "ExecutionAlreadyExists" && <p>Every execution of a machine has a name of its own: choose another, or none.</p>}</Failure>}
        <AsCommand
          cli={(make ? `${awsCommand("stepfunctions", "create-state-machine", { name: make.name, "role-arn": make.roleArn, definition: make.definition })}\n` : "") + cli}
          python={make ? `${pythonCall("stepfunctions", "create_state_machine", make)}\n${pythonCall("stepfunctions", "start_execution", parameters)}` : pythonCall("stepfunctions", "start_execution", parameters)}
        />
        <div className="sm-end-row"><button type="button" className="button" onClick={onClose}>Cancel</button><button type="submit" className="button primary" disabled={wrong !== "" || isBusy}>Start execution</button></div>
      </form>
    </Dialog>
  );
}
