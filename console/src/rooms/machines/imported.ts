import { Store } from "../../lib/store";
import type { ExecutionFile } from "./history/file";

// The file that was opened last; it lives as long as the page.
export const imported = new Store<ExecutionFile | null>(null);
