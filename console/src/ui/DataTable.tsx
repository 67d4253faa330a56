import { useVirtualizer } from "@tanstack/react-virtual";
import { useRef, type ReactNode } from "react";

export interface Column<Row> {
  title: string;
  cell: (row: Row) => ReactNode;
  align?: "end"; // figures
  keep?: "yes"; // on one line
}

const kVirtualFrom = 200;
const kRowHeight = 40;

// Rows as a table. From 200 rows on only those in sight are in the document. `to`: where a row leads (its first cell is
// to hold the link; a click anywhere in the row follows it).
export function DataTable<Row>({ label, columns, rows, rowKey, to, empty, height }: {
  label: string; columns: Column<Row>[]; rows: Row[]; rowKey: (row: Row) => string; to?: (row: Row) => string | undefined; empty: ReactNode; height?: string;
}) {
  const scroller = useRef<HTMLDivElement>(null);
  const isVirtual = rows.length >= kVirtualFrom;
  const virtual = useVirtualizer({ count: rows.length, getScrollElement: () => scroller.current, estimateSize: () => kRowHeight, overscan: 12, enabled: isVirtual });
  if (rows.length === 0) return <>{empty}</>;

  const items = isVirtual ? virtual.getVirtualItems() : null;
  const before = items?.[0]?.start ?? 0;
  const after = items && items.length > 0 ? virtual.getTotalSize() - (items.at(-1)?.end ?? 0) : 0;
  const shown = items ? items.flatMap((item) => { const row = rows[item.index]; return row === undefined ? [] : [{ row, index: item.index }]; }) : rows.map((row, index) => ({ row, index }));
  const tall = height ?? (isVirtual ? "70vh" : undefined);
  return (
    <div className="ui-table" ref={scroller} style={tall ? { maxHeight: tall } : {}} tabIndex={0} role="group" aria-label={label}>
      <table aria-label={label} aria-rowcount={rows.length + 1}>
        <thead><tr>{columns.map((one) => <th key={one.title} scope="col" className={one.align}>{one.title}</th>)}</tr></thead>
        <tbody>
          {before > 0 && <tr aria-hidden="true"><td colSpan={columns.length} style={{ height: before, padding: 0, border: 0 }} /></tr>}
          {shown.map(({ row, index }) => {
            const target = to?.(row);
            return (
              <tr
                key={rowKey(row)} aria-rowindex={index + 2} data-index={index} ref={isVirtual ? virtual.measureElement : undefined} data-opens={target ? "" : undefined}
                onClick={(event) => {
                  const isOnControl = (event.target as HTMLElement).closest("a, button, input, summary");
                  if (target && !isOnControl && getSelection()?.isCollapsed !== false) location.hash = target;
                }}
              >
                {columns.map((one) => <td key={one.title} className={[one.align, one.keep && "keep"].filter(Boolean).join(" ") || undefined}>{one.cell(row)}</td>)}
              </tr>
            );
          })}
          {after > 0 && <tr aria-hidden="true"><td colSpan={columns.length} style={{ height: after, padding: 0, border: 0 }} /></tr>}
        </tbody>
      </table>
    </div>
  );
}
