import { ChatRoom } from "./rooms/chat/ChatRoom";

// The console's rooms. There is one yet: the chat.
export function App() {
  return <ChatRoom />;
}
