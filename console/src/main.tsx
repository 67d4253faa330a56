import "./theme.css"; // first: rooms build on it
import "./ui/ui.css";
import { StrictMode } from "react";
import { createRoot } from "react-dom/client";
import { applyTheme } from "./lib/theme";
import { openSession } from "./lib/session";
import { Shell } from "./shell/Shell";

applyTheme();
void openSession();
const root = document.getElementById("root");
if (root) createRoot(root).render(<StrictMode><Shell /></StrictMode>);
