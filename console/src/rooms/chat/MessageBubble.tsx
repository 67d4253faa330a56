import { memo } from "react";
import { bytes, clock } from "../../lib/format";
import { FileIcon, ReplyIcon } from "../../lib/icons";
import { attachmentOf, fileUrl, type InlineButton, type Message } from "./api";
import { RichText } from "./RichText";

const wordFor = { video: "Video", photo: "Photo", audio: "Audio", file: "File" } as const;

export function summary(message: Message): string {
  const attachment = attachmentOf(message);
  const text = message.text ?? message.caption ?? "";
  if (!attachment) return text;
  return text === "" ? `${wordFor[attachment.kind]} ${attachment.file.file_name ?? ""}`.trim() : text;
}

// The room a video takes is known before its first byte is here: nothing jumps.
function VideoView({ url, name, width = 0, height = 0 }: { url: string; name: string; width?: number | undefined; height?: number | undefined }) {
  const style = width > 0 && height > 0 ? { aspectRatio: `${width} / ${height}`, width: Math.min(width, Math.round((420 * width) / height)) } : undefined;
  return <video src={url} controls playsInline preload="metadata" aria-label={name} style={style} />;
}

function AttachmentView({ message }: { message: Message }) {
  const attachment = attachmentOf(message);
  if (!attachment) return null;
  const { kind, file } = attachment;
  const url = fileUrl(file);
  const name = file.file_name ?? wordFor[kind];
  const plays = kind === "video" || (kind === "file" && (file.mime_type === "video/mp4" || file.mime_type === "video/webm"));
  return (
    <div className="attachment">
      {plays && <VideoView url={url} name={name} width={file.width} height={file.height} />}
      {kind === "photo" && <a href={url} target="_blank" rel="noreferrer"><img src={url} alt={message.caption ?? "Photo"} loading="lazy" /></a>}
      {kind === "audio" && <audio src={url} controls preload="metadata" aria-label={name} />}
      {kind !== "photo" && (
        <a className="file" href={url} download={name}>
          <FileIcon /><span className="file-name">{name}</span><span className="file-size">{bytes(file.file_size)}</span>
        </a>
      )}
    </div>
  );
}

// Those that link, and those that tell the bot; what this page cannot do (payments, games) is shown and does nothing.
function Buttons({ message, rows, onPress }: { message: number; rows: InlineButton[][]; onPress: Props["onPress"] }) {
  return (
    <div className="buttons">
      {rows.map((row, i) => (
        <div key={i}>
          {row.map((button, j) => {
            const { url, callback_data: data } = button;
            if (url && /^https?:/i.test(url)) return <a key={j} className="button" href={url} target="_blank" rel="noreferrer noopener">{button.text}</a>;
            return <button key={j} type="button" className="button" disabled={data === undefined} onClick={() => { if (data !== undefined) onPress(message, data); }}>{button.text}</button>;
          })}
        </div>
      ))}
    </div>
  );
}

interface Props {
  message: Message;
  onReply: (message: Message) => void;
  onCommand: (text: string) => void;
  onPress: (message: number, data: string) => void;
}

export const MessageBubble = memo(function MessageBubble({ message, onReply, onCommand, onPress }: Props) {
  const text = message.text ?? message.caption;
  const own = !message.from.is_bot;
  const buttons = message.reply_markup?.inline_keyboard ?? [];
  return (
    <li className={own ? "message own" : "message"} data-id={message.message_id} data-from={own ? "person" : "bot"}>
      <article className={attachmentOf(message) ? "bubble media" : "bubble"} aria-label={`${message.from.first_name}, ${clock(message.date)}`}>
        {message.reply_to_message && <blockquote className="quoted"><b>{message.reply_to_message.from.first_name}</b>{summary(message.reply_to_message)}</blockquote>}
        <AttachmentView message={message} />
        {text !== undefined && <div className="text"><RichText text={text} entities={message.entities ?? message.caption_entities} onCommand={onCommand} /></div>}
        <footer>
          {message.edit_date !== undefined && <span>edited</span>}
          <time dateTime={new Date(message.date * 1000).toISOString()}>{clock(message.date)}</time>
        </footer>
        {buttons.length > 0 && <Buttons message={message.message_id} rows={buttons} onPress={onPress} />}
      </article>
      <button type="button" className="icon-button reply" aria-label="Reply to this message" onClick={() => onReply(message)}><ReplyIcon /></button>
    </li>
  );
});
