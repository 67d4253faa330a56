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
