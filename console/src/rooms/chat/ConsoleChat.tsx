import { serveFrom } from "./api";
import { ChatRoom } from "./ChatRoom";
import "./console_chat.css";

// The chat as a room of the console: its API lies where the chat's own page does.
serveFrom("/_cumulet/chat/api");

export default function ConsoleChat() {
  return <div className="console-chat"><ChatRoom isRoom="yes" /></div>;
}
