// The program's sign: a cloud with a spark in it.
export function Mark() {
  return (
    <svg viewBox="0 0 32 32" width="32" height="32" aria-hidden="true">
      <defs><linearGradient id="mark" x1="0" y1="0" x2="1" y2="1"><stop offset="0" stopColor="#5b97f5" /><stop offset="1" stopColor="#1f4fae" /></linearGradient></defs>
      <path d="M9.5 25.5a6.5 6.5 0 0 1-1-12.920A8.5 8.5 0 0 1 24.6 12.1 6.8 6.8 0 0 1 23.5 25.5z" fill="url(#mark)" />
      <path d="m17.5 11-5 7.2h3.6l-1.4 5 5-7.2h-3.6z" fill="#fff" />
    </svg>
  );
}
