import { Fragment, useEffect, useLayoutEffect, useRef, useState } from "react";
import { dayOf } from "../../lib/format";
import { DownIcon } from "../../lib/icons";
import type { Message } from "./api";
import { EmptyChat } from "./EmptyChat";
import { MessageBubble } from "./MessageBubble";
import { PendingBubble } from "./PendingBubble";
import type { Pending, State } from "./state";

interface Props {
  state: State;
  onReply: (message: Message) => void;
  onRetry: (pending: Pending) => void;
  onCancel: (nonce: string) => void;
  onEarlier: () => Promise<void>;
  onCommand: (text: string) => void;
  onPress: (message: number, data: string) => void;
}

const NEAR = 80; // pixels from the end that still count as reading along

export function MessageList({ state, onReply, onRetry, onCancel, onEarlier, onCommand, onPress }: Props) {
  const box = useRef<HTMLDivElement>(null);
  const follows = useRef(true);
  const top = useRef(0);
  const [isBehind, setIsBehind] = useState(false);
  const pending = state.pending.filter((one) => one.chat === state.chat);
  const last = state.messages.at(-1)?.message_id ?? 0;
  const ownPending = pending.length;

  const toEnd = () => box.current?.scrollTo({ top: box.current.scrollHeight });

  // New messages are followed by who reads at the end; one's own always.
  useLayoutEffect(() => {
    follows.current = true;
    toEnd();
  }, [state.chat, ownPending]);
  useLayoutEffect(() => {
    if (follows.current) toEnd();
    else if (last > 0) setIsBehind(true);
  }, [last, state.messages]);
  // Videos and pictures grow when their size is known.
  useEffect(() => {
    const list = box.current?.firstElementChild;
    if (!list) return;
    const observer = new ResizeObserver(() => { if (follows.current) toEnd(); });
    observer.observe(list);
    return () => observer.disconnect();
  }, []);

  const scrolled = () => {
    const element = box.current;
    if (!element) return;
    // Farther from the end by scrolling up, that is; the list also grows under a reader who follows.
    if (element.scrollHeight - element.scrollTop - element.clientHeight < NEAR) follows.current = true;
    else if (element.scrollTop < top.current) follows.current = false;
    top.current = element.scrollTop;
    if (follows.current) setIsBehind(false);
  };

  // What was read stays where it is when older messages come in above.
  const earlier = async () => {
    const element = box.current;
    if (!element) return;
    const fromEnd = element.scrollHeight - element.scrollTop;
    await onEarlier();
    requestAnimationFrame(() => { element.scrollTop = element.scrollHeight - fromEnd; });
  };

  const isEmpty = state.messages.length === 0 && pending.length === 0 && state.connection === "online" && state.chat !== 0;
  return (
    <div className="messages" ref={box} onScroll={scrolled} tabIndex={0} aria-label="Messages" role="region">
      <div className="messages-inner">
        {state.hasEarlier && <button type="button" className="button earlier" onClick={() => void earlier()}>Earlier messages</button>}
        {isEmpty && <EmptyChat state={state} onCommand={onCommand} />}
        <div role="log" aria-live="polite" aria-relevant="additions text"><ol>
          {state.messages.map((message, i) => {
            const before = state.messages[i - 1];
            const day = dayOf(message.date);
            return (
              <Fragment key={message.message_id}>
                {(!before || dayOf(before.date) !== day) && <li className="day"><span>{day}</span></li>}
                <MessageBubble message={message} onReply={onReply} onCommand={onCommand} onPress={onPress} />
              </Fragment>
            );
          })}
          {pending.map((one) => <PendingBubble key={one.nonce} pending={one} onRetry={onRetry} onCancel={onCancel} />)}
          {state.action?.name === "typing" && <li className="message typing" aria-hidden="true"><span className="bubble"><i /><i /><i /></span></li>}
        </ol></div>
      </div>
      {isBehind && <button type="button" className="button to-end" onClick={() => { follows.current = true; setIsBehind(false); toEnd(); }}><DownIcon /> New messages</button>}
    </div>
  );
}
