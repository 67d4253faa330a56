import type { ReactNode } from "react";

function Icon({ children }: { children: ReactNode }) {
  return (
    <svg viewBox="0 0 24 24" width="20" height="20" fill="none" stroke="currentColor" strokeWidth="1.8" strokeLinecap="round" strokeLinejoin="round" aria-hidden="true">
      {children}
    </svg>
  );
}
export const SendIcon = () => <Icon><path d="M4 12 20 4l-4 16-4.5-6.5z" /><path d="m11.5 13.5 4-5" /></Icon>;
export const ClipIcon = () => <Icon><path d="m20 11-8.5 8.5a5 5 0 0 1-7-7L13 4a3.3 3.3 0 0 1 4.7 4.7L9.4 17a1.7 1.7 0 0 1-2.4-2.4L14.5 7" /></Icon>;
export const PlusIcon = () => <Icon><path d="M12 5v14M5 12h14" /></Icon>;
export const MenuIcon = () => <Icon><path d="M4 7h16M4 12h16M4 17h16" /></Icon>;
export const SlashIcon = () => <Icon><rect x="4" y="4" width="16" height="16" rx="4" /><path d="m10 16 4-8" /></Icon>;
export const FileIcon = () => <Icon><path d="M7 3h7l4 4v14H7z" /><path d="M14 3v4h4" /></Icon>;
export const CloseIcon = () => <Icon><path d="m6 6 12 12M18 6 6 18" /></Icon>;
export const DownIcon = () => <Icon><path d="M12 5v14m-6-6 6 6 6-6" /></Icon>;
export const ReplyIcon = () => <Icon><path d="m9 7-5 5 5 5" /><path d="M4 12h9a6 6 0 0 1 6 6" /></Icon>;
export const CopyIcon = () => <Icon><rect x="9" y="9" width="11" height="11" rx="2.5" /><path d="M5 15V6.5A2.5 2.5 0 0 1 7.5 4H15" /></Icon>;
export const HomeIcon = () => <Icon><path d="m4 11 8-7 8 7" /><path d="M6 9.5V20h12V9.5" /><path d="M10 20v-5h4v5" /></Icon>;
export const FilmIcon = () => <Icon><rect x="3.5" y="5" width="17" height="14" rx="2.5" /><path d="M8 5v14M16 5v14M3.5 9.7H8M3.5 14.3H8M16 9.7h4.5M16 14.3h4.5" /></Icon>;
export const FaceIcon = () => <Icon><path d="M4 8V6a2 2 0 0 1 2-2h2M16 4h2a2 2 0 0 1 2 2v2M20 16v2a2 2 0 0 1-2 2h-2M8 20H6a2 2 0 0 1-2-2v-2" /><path d="M9.5 10v.4M14.5 10v.4M9 14.3c1.8 1.5 4.2 1.5 6 0" /></Icon>;
export const LogsIcon = () => <Icon><path d="M5 6h14M5 10.5h9M5 15h12M5 19h6" /></Icon>;
export const TraceIcon = () => <Icon><circle cx="6" cy="6" r="2.2" /><circle cx="18" cy="12" r="2.2" /><circle cx="6" cy="18" r="2.2" /><path d="M8.2 6H13a2 2 0 0 1 2 2v1.5M8.2 18H13a2 2 0 0 0 2-2v-1.5" /></Icon>;
export const ChatIcon = () => <Icon><path d="M5 5h14a1.5 1.5 0 0 1 1.5 1.5v9A1.5 1.5 0 0 1 19 17h-8l-4.5 3.5V17H5a1.5 1.5 0 0 1-1.5-1.5v-9A1.5 1.5 0 0 1 5 5z" /></Icon>;
export const MachineIcon = () => <Icon><rect x="8.5" y="3.5" width="7" height="5" rx="1.5" /><rect x="3.5" y="15.5" width="7" height="5" rx="1.5" /><rect x="13.5" y="15.5" width="7" height="5" rx="1.5" /><path d="M12 8.5V12M7 15.5V12h10v3.5" /></Icon>;
export const SearchIcon = () => <Icon><circle cx="11" cy="11" r="6.5" /><path d="m20 20-4.2-4.2" /></Icon>;
export const SunIcon = () => <Icon><circle cx="12" cy="12" r="4" /><path d="M12 3v2M12 19v2M3 12h2M19 12h2M5.6 5.6 7 7M17 17l1.4 1.4M18.4 5.6 17 7M7 17l-1.4 1.4" /></Icon>;
export const MoonIcon = () => <Icon><path d="M19.5 14A8 8 0 0 1 10 4.5a8 8 0 1 0 9.5 9.5z" /></Icon>;
export const HalfIcon = () => <Icon><circle cx="12" cy="12" r="8" /><path d="M12 4v16M12 8h4.9M12 12h8M12 16h4.9" /></Icon>;
export const CheckIcon = () => <Icon><path d="m5 12.5 4.5 4.5L19 7.5" /></Icon>;
export const CrossIcon = CloseIcon;
export const BusyIcon = () => <Icon><path d="M12 4a8 8 0 1 1-7.5 5.2" /></Icon>;
export const WarnIcon = () => <Icon><path d="M12 4 3.5 19h17z" /><path d="M12 10v4M12 16.8v.1" /></Icon>;
export const DashIcon = () => <Icon><path d="M6 12h12" /></Icon>;
export const TerminalIcon = () => <Icon><rect x="3.5" y="5" width="17" height="14" rx="2.5" /><path d="m7.5 10 2.5 2-2.5 2M12.5 14.5h4" /></Icon>;
export const UploadIcon = () => <Icon><path d="M12 15V4m-4.5 4.5L12 4l4.5 4.5" /><path d="M4.5 15v3A1.5 1.5 0 0 0 6 19.5h12a1.5 1.5 0 0 0 1.5-1.5v-3" /></Icon>;
export const DownloadIcon = () => <Icon><path d="M12 4v11m-4.5-4.5L12 15l4.5-4.5" /><path d="M4.5 15v3A1.5 1.5 0 0 0 6 19.5h12a1.5 1.5 0 0 0 1.5-1.5v-3" /></Icon>;
export const PlayIcon = () => <Icon><path d="M8 5v14l11-7z" /></Icon>;
export const PauseIcon = () => <Icon><path d="M8 5v14M16 5v14" /></Icon>;
export const StepBackIcon = () => <Icon><path d="M17 6v12l-8-6zM6 6v12" /></Icon>;
export const StepIcon = () => <Icon><path d="M7 6v12l8-6zM18 6v12" /></Icon>;
export const TrashIcon = () => <Icon><path d="M5 7h14M10 7V4.5h4V7M7 7l1 12.5h8L17 7M10.5 10.5v6M13.5 10.5v6" /></Icon>;
export const RedoIcon = () => <Icon><path d="M19 12a7 7 0 1 1-2.3-5.2L19 9" /><path d="M19 4.5V9h-4.5" /></Icon>;
export const UndoIcon = () => <Icon><path d="m8 5-4 4 4 4" /><path d="M4 9h10a6 6 0 0 1 0 11h-4" /></Icon>;
export const BucketIcon = () => <Icon><path d="M5 7.5 6.8 20h10.4L19 7.5" /><ellipse cx="12" cy="6.5" rx="7.5" ry="2.5" /></Icon>;
