import { useEffect, useId, useState } from "react";
import { lambda, withFreshKeys } from "../../lib/aws";
import { href, navigate } from "../../lib/router";
import { account } from "../../lib/session";
import { useLoad } from "../../lib/useLoad";
import { AsCommand, awsCommand, Failure, Field, pythonCall, RoomTitle } from "../../ui/basics";
import { createMachine, createRole, listRoles, LOG_LEVELS, loggingOf, logGroupOf, machineArn, type LogLevel, type NewMachine, type Role } from "./api";
import { DefinitionEditor, type Checked } from "./DefinitionEditor";
import { placeholdersOf, putInPlace, SAMPLES } from "./samples";
import { draft, keepDraft, keepVersion } from "./versions";

async function functionArns(): Promise<{ name: string; arn: string }[]> {
  const [client, { ListFunctionsCommand }] = await lambda();
  const out: { name: string; arn: string }[] = [];
  let Marker: string | undefined;
  do {
    const page = await client.send(new ListFunctionsCommand({ Marker }));
    for (const one of page.Functions ?? []) if (one.FunctionName && one.FunctionArn) out.push({ name: one.FunctionName, arn: one.FunctionArn });
    Marker = page.NextMarker;
  } while (Marker && out.length < 2000);
  return out;
}

// What a pasted text leaves open, "< blur-faces ARN >": filled with functions that are there.
function Placeholders({ text, onChange }: { text: string; onChange: (text: string) => void }) {
  const open = placeholdersOf(text);
  const functions = useLoad("functions of placeholders", functionArns);
  const [chosen, setChosen] = useState<Record<string, string>>({});
  if (open.length === 0) return null;
  const arnOf = (name: string) => chosen[name] ?? functions.data?.find((one) => one.name === name)?.arn ?? "";
  const isComplete = open.every((one) => arnOf(one.name) !== "");
  return (
    <section className="ui-note sm-open" aria-label="Places to fill">
      <p><strong>{open.length === 1 ? "One place" : `${open.length} places`} of this text {open.length === 1 ? "is" : "are"} to be filled with a function’s ARN.</strong></p>
      <div className="sm-open-grid">
        {open.map((one) => (
          <Field key={one.name} label={one.name}>
            <select className="ui-input" value={arnOf(one.name)} onChange={(event) => setChosen({ ...chosen, [one.name]: event.target.value })}>
              <option value="">{functions.data?.length === 0 ? "No function is here yet" : "Choose a function…"}</option>
              {(functions.data ?? []).map((f) => <option key={f.arn} value={f.arn}>{f.name}</option>)}
            </select>
          </Field>
        ))}
      </div>
      <div className="ui-row"><button type="button" className="button small" disabled={!isComplete} onClick={() => onChange(putInPlace(text, (name) => arnOf(name)))}>Put the ARNs in</button></div>
    </section>
  );
}

const NEW_ROLE = "+";

// The exercise's words: "Write your workflow in code", Next, name, Logging: ALL, Create state machine.
export default function CreateMachine() {
  const [text, setText] = useState(() => draft() ?? SAMPLES[0]?.text ?? "");
  const [step, setStep] = useState<"code" | "settings">("code");
  const [checked, setChecked] = useState<Checked>({ text: "", valid: undefined });
  const [type, setType] = useState<"STANDARD" | "EXPRESS">("STANDARD");
  const [name, setName] = useState("");
  const [roleArn, setRoleArn] = useState<string>();
  const [level, setLevel] = useState<LogLevel>("OFF");
  const [includeData, setIncludeData] = useState(true);
  const [error, setError] = useState<{ error: Error; doing: string } | null>(null);
  const [isBusy, setIsBusy] = useState(false);
  const [isLeft, setIsLeft] = useState(false);
  const [madeRole, setMadeRole] = useState<Role>();
  const roles = useLoad("roles", listRoles);
  const nameId = useId();
  useEffect(() => { if (!isLeft) keepDraft(SAMPLES.some((one) => one.text === text) ? null : text); }, [text, isLeft]);
  const change = (next: string) => setText(next);

  const all = [...(madeRole ? [madeRole] : []), ...(roles.data ?? [])].filter((one, i, list) => list.findIndex((other) => other.arn === one.arn) === i);
  const likely = all.find((one) => /stat(es|e-?machine)|stepfunctions/i.test(one.name));
  const role = roleArn ?? likely?.arn ?? NEW_ROLE;
  const newRoleName = `StepFunctions-${name.trim().replace(/[^\w+=,.@-]/g, "-") || "machine"}-role`.slice(0, 64);
  const arnThere = role === NEW_ROLE ? `arn:aws:iam::${account()}:role/${newRoleName}` : role;
  const machine: NewMachine = { name: name.trim(), definition: text, roleArn: arnThere, type, level, includeData };
  const isSound = checked.text === text && checked.valid === true;

  const create = () => {
    setIsBusy(true);
    setError(null);
    let doing = "Creating the role";
    withFreshKeys(async () => {
      let arn = arnThere;
      if (role === NEW_ROLE) {
        const made = await createRole(newRoleName).catch((failure: unknown) => {
          if (failure instanceof Error && /EntityAlreadyExists/.test(failure.name)) return { name: newRoleName, arn: arnThere };
          throw failure;
        });
        setMadeRole(made);
        setRoleArn(made.arn);
        arn = made.arn;
      }
      doing = "Creating the state machine";
      await createMachine({ ...machine, roleArn: arn });
    }).then(
      () => {
        setIsLeft(true);
        keepVersion(machineArn(machine.name), text);
        keepDraft(null);
        navigate(href("machines", machine.name));
      },
      (failure: unknown) => {
        setError({ error: failure instanceof Error ? failure : new Error(String(failure)), doing });
        setIsBusy(false);
      },
    );
  };

  const isNameBad = /[<>{}[\]?*"#%\\^|~`$&,;:/\s]/.test(name.trim());
  const logging = loggingOf(machine);
  const call = { name: machine.name || "NAME", definition: text, roleArn: arnThere, ...(type === "EXPRESS" ? { type } : {}), ...(level === "OFF" ? {} : { loggingConfiguration: logging }) };
  const cli = [
    ...(level === "OFF" ? [] : [awsCommand("logs", "create-log-group", { "log-group-name": logGroupOf(call.name) })]),
    awsCommand("stepfunctions", "create-state-machine", { name: call.name, "role-arn": arnThere, ...(type === "EXPRESS" ? { type } : {}), ...(level === "OFF" ? {} : { "logging-configuration": JSON.stringify(logging) }), definition: text }),
  ].join("\n");
  const python = (level === "OFF" ? "" : `${pythonCall("logs", "create_log_group", { logGroupName: logGroupOf(call.name) })}\n`) + pythonCall("stepfunctions", "create_state_machine", call);

  return (
    <div className="ui-room wide">
      <RoomTitle title="Create state machine" crumbs={[{ title: "State machines", to: href("machines") }]} />
      <ol className="sm-steps" aria-label="Steps"><li aria-current={step === "code" ? "step" : undefined}>Write your workflow in code</li><li aria-current={step === "settings" ? "step" : undefined}>Name, role and logging</li></ol>
      {step === "code" ? (
        <>
          <div className="sm-create-head">
            <h2>Write your workflow in code</h2>
            <label className="sm-inline-field">Begin with
              <select className="ui-input" value={SAMPLES.find((one) => one.text === text)?.title ?? ""} onChange={(event) => { const sample = SAMPLES.find((one) => one.title === event.target.value); if (sample) change(sample.text); }}>
                <option value="" disabled>your own text</option>
                {SAMPLES.map((one) => <option key={one.title}>{one.title}</option>)}
              </select>
            </label>
            <label className="sm-inline-field">Type
              <select className="ui-input" value={type} onChange={(event) => setType(event.target.value as "STANDARD")}><option value="STANDARD">Standard</option><option value="EXPRESS">Express</option></select>
            </label>
          </div>
          <Placeholders text={text} onChange={change} />
          <DefinitionEditor value={text} onChange={change} onChecked={setChecked} type={type} label="Definition" />
          <div className="sm-end-row"><a className="button" href={href("machines")}>Cancel</a><button type="button" className="button primary" disabled={!isSound} onClick={() => setStep("settings")}>Next</button></div>
        </>
      ) : (
        <form className="sm-form sm-settings" onSubmit={(event) => { event.preventDefault(); if (!isBusy && !isNameBad && name.trim() !== "") create(); }}>
          <Field label="State machine name" hint={isNameBad ? <span className="sm-error" role="alert">Letters, digits, - and _ only: none of {"< > { } [ ] ? * \" # % \\ ^ | ~ ` $ & , ; : /"} and no spaces.</span> : "Letters, digits, - and _; 80 characters at most. It cannot be changed later."}>
            <input className="ui-input" id={nameId} value={name} maxLength={80} required autoFocus onChange={(event) => setName(event.target.value)} autoComplete="off" spellCheck={false} />
          </Field>
          <Field label="Role" hint={role === NEW_ROLE ? <>A role {newRoleName} is made: Step Functions may assume it, it may invoke functions and write the log.</> : "Whose permissions the machine’s calls have. Cumulet keeps roles, it does not enforce them; AWS does."}>
            <select className="ui-input" value={role} onChange={(event) => setRoleArn(event.target.value)}>
              <option value={NEW_ROLE}>Create a new role</option>
              {all.map((one) => <option key={one.arn} value={one.arn}>{one.name}</option>)}
            </select>
          </Field>
          {roles.error && <p className="sm-under" data-mood="bad">The roles cannot be listed: {roles.error.message}</p>}
          <fieldset className="sm-logging">
            <legend>Logging</legend>
            <Field label="Log level" hint={level === "OFF" ? "Nothing is written to CloudWatch Logs. The history of each execution is kept all the same." : <>Events go to the log group <code>{logGroupOf(machine.name || "NAME")}</code>, which is made if it is missing.</>}>
              <select className="ui-input" value={level} onChange={(event) => setLevel(event.target.value as LogLevel)}>{LOG_LEVELS.map((one) => <option key={one}>{one}</option>)}</select>
            </Field>
            <label className="sm-check" data-off={level === "OFF" ? "" : undefined}><input type="checkbox" checked={includeData} disabled={level === "OFF"} onChange={(event) => setIncludeData(event.target.checked)} />Include execution data (input and output of states)</label>
          </fieldset>
          {error && <Failure error={error.error} doing={error.doing}>{error.error.name === "StateMachineAlreadyExists" && <p>A machine with this name and another definition is there. Choose another name, or open <a href={href("machines", machine.name)}>{machine.name}</a> and edit it.</p>}</Failure>}
          <AsCommand cli={cli} python={python} />
          <div className="sm-end-row"><button type="button" className="button" onClick={() => setStep("code")}>Back</button><button type="submit" className="button primary" disabled={isBusy || isNameBad}>Create state machine</button></div>
        </form>
      )}
    </div>
  );
}
