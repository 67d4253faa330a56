// A JUnit report for node:test: Debian's Node 18 has no reporter of its own for it.
const escape = (text) => String(text).replace(/[&<>"]/g, (c) => ({ "&": "&amp;", "<": "&lt;", ">": "&gt;", '"': "&quot;" })[c]);

export default async function* junit(source) {
  yield '<testsuite name="javascript">\n';
  for await (const { type, data } of source) {
    if (type !== "test:pass" && type !== "test:fail") continue;
    if (data.details?.type === "suite") continue;
    const inner =
      type === "test:fail" ? `<failure message="${escape(data.details?.error?.message ?? "")}"/>`
      : data.skip !== undefined ? `<skipped message="${escape(data.skip)}"/>`
      : "";
    const seconds = (data.details?.duration_ms ?? 0) / 1000;
    yield `<testcase classname="javascript" name="${escape(data.name)}" time="${seconds}">${inner}</testcase>\n`;
  }
  yield "</testsuite>\n";
}
