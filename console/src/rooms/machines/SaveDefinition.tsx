import { useEffect, useState } from "react";
import { withFreshKeys } from "../../lib/aws";
import { AsCommand, awsCommand, Failure, Panel, pythonCall, Time } from "../../ui/basics";
import { machineArn, updateDefinition } from "./api";
import { lineDifference } from "./difference";
import { keepVersion, versionsOf } from "./versions";

// Saving what the editor holds, and the texts that were saved before.
export function SaveDefinition({ name, saved, text, isSound, onSaved, onChoose }: { name: string; saved: string; text: string; isSound: boolean; onSaved: () => void; onChoose: (text: string) => void }) {
  const arn = machineArn(name);
  const [error, setError] = useState<Error | null>(null);
  const [isBusy, setIsBusy] = useState(false);
  const [done, setDone] = useState("");
  const [versions, setVersions] = useState(() => versionsOf(arn));
  const isChanged = text !== saved;
  // What the machine has now is a version too, so that the way back is there.
  useEffect(() => {
    if (saved === "" || versionsOf(arn).some((one) => one.text === saved)) return;
    keepVersion(arn, saved);
    setVersions(versionsOf(arn));
  }, [arn, saved]);
  // A closed tab loses what was not saved: the browser asks.
  useEffect(() => {
    if (!isChanged) return;
    const ask = (event: BeforeUnloadEvent) => event.preventDefault();
    addEventListener("beforeunload", ask);
    return () => removeEventListener("beforeunload", ask);
  }, [isChanged]);
  const save = () => {
    setIsBusy(true);
    setError(null);
    withFreshKeys(() => updateDefinition(name, text)).then(
      () => {
        keepVersion(arn, text);
        setVersions(versionsOf(arn));
        setDone("Saved. Executions that run go on with the text they began with.");
        setIsBusy(false);
        onSaved();
      },
      (failure: unknown) => {
        setError(failure instanceof Error ? failure : new Error(String(failure)));
        setIsBusy(false);
      },
    );
  };
  const call = { stateMachineArn: arn, definition: text };
  const difference = isChanged ? lineDifference(saved, text) : undefined;
  return (
    <>
      {error && <Failure error={error} doing="Saving the definition" />}
      <div className="sm-end-row">
        <span className="ui-soft" role="status">{isChanged ? `Not saved yet: ${difference ?? ""}` : done || "This is what the machine has."}</span>
        <button type="button" className="button" disabled={!isChanged} onClick={() => onChoose(saved)}>Undo all</button>
        <button type="button" className="button primary" disabled={!isChanged || !isSound || isBusy} onClick={save}>Save</button>
      </div>
      <AsCommand cli={awsCommand("stepfunctions", "update-state-machine", { "state-machine-arn": arn, definition: text })} python={pythonCall("stepfunctions", "update_state_machine", call)} />
      <Panel title="Versions of the text">
        <p className="ui-soft">Kept in this browser, the last 30 that were saved here.</p>
        <ul className="sm-versions">
          {versions.map((one, i) => (
            <li key={one.at}><Time at={one.at} /><span className="ui-soft">{one.text === saved ? "what the machine has" : lineDifference(saved, one.text)}</span><button type="button" className="button small" disabled={one.text === text} onClick={() => onChoose(one.text)} aria-label={`Put version ${versions.length - i} into the editor`}>Into the editor</button></li>
          ))}
        </ul>
      </Panel>
    </>
  );
}
