// "3 lines added, 1 removed": how one text became another, counted by whole lines.
export function lineDifference(before: string, after: string): string {
  const counts = new Map<string, number>();
  for (const line of before.split("\n")) counts.set(line, (counts.get(line) ?? 0) + 1);
  let added = 0;
  for (const line of after.split("\n")) {
    const left = counts.get(line) ?? 0;
    if (left > 0) counts.set(line, left - 1);
    else added += 1;
  }
  const removed = [...counts.values()].reduce((sum, one) => sum + one, 0);
  if (added === 0 && removed === 0) return "the same lines in another order";
  const lines = (count: number) => `${count.toLocaleString()} ${count === 1 ? "line" : "lines"}`;
  return [added > 0 ? `${lines(added)} added` : "", removed > 0 ? `${lines(removed)} removed` : ""].filter(Boolean).join(", ");
}
