import { layOut, type LayoutInput } from "./layout";

self.onmessage = ({ data }: MessageEvent<LayoutInput>) => self.postMessage(layOut(data));
