// The request for the perf event that stands for a tracepoint. Form: struct perf_event_attr of linux/perf_event.h, as far as its
// first published size.

const BYTES = 64;
const PERF_TYPE_TRACEPOINT = 2;

/** For the tracepoint with this id (of its format). One event of all programs on one CPU: a program at it runs on every CPU. */
export const tracepointAttributes = (id: number): Uint8Array => {
  const view = new DataView(new ArrayBuffer(BYTES));
  view.setUint32(0, PERF_TYPE_TRACEPOINT, true);
  view.setUint32(4, BYTES, true);
  view.setBigUint64(8, BigInt(id), true);
  view.setBigUint64(16, 1n, true);
  return new Uint8Array(view.buffer);
};
