import { useState, type FormEvent } from "react";
import { signIn } from "../lib/session";
import { Field } from "../ui/basics";
import { Mark } from "./Mark";

// Where only known keys are let in.
export function SignIn({ why }: { why: string }) {
  const [id, setId] = useState("");
  const [secret, setSecret] = useState("");
  const [error, setError] = useState("");
  const [isBusy, setIsBusy] = useState(false);
  const submit = (event: FormEvent) => {
    event.preventDefault();
    setIsBusy(true);
    setError("");
    signIn(id.trim(), secret.trim()).catch((failure: unknown) => {
      setError(failure instanceof Error ? failure.message : String(failure));
      setIsBusy(false);
    });
  };
  return (
    <main className="ui-cover">
      <form className="ui-card" onSubmit={submit} autoComplete="off">
        <Mark />
        <h1>Sign in to Cumulet</h1>
        {why && <p className="ui-note" data-mood="warn">{why}</p>}
        <p className="ui-soft">Run <code>cumulet console</code> on the engine’s machine and open the link it prints, or use an access key.</p>
        <Field label="Access key ID"><input className="ui-input" value={id} onChange={(event) => setId(event.target.value)} required autoFocus autoComplete="off" spellCheck={false} /></Field>
        <Field label="Secret access key"><input className="ui-input" type="password" value={secret} onChange={(event) => setSecret(event.target.value)} required autoComplete="off" /></Field>
        {error && <p className="ui-note" data-mood="bad" role="alert">{error}</p>}
        <button type="submit" className="button primary" disabled={isBusy}>Sign in</button>
        <p className="ui-soft">The key makes a session of twelve hours and is forgotten at once; the session ends with this page.</p>
      </form>
    </main>
  );
}
