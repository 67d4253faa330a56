// The chat as a page of its own: at / of `cumulet chat`, at /_cumulet/chat/ of the engine.
import "./theme.css"; // first: rooms build on it
import { StrictMode } from "react";
import { createRoot } from "react-dom/client";
import { ChatRoom } from "./rooms/chat/ChatRoom";

const root = document.getElementById("root");
if (root) createRoot(root).render(<StrictMode><ChatRoom /></StrictMode>);
