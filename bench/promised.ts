// Figures that `npm run bench` prints in any case: their value, or why it could not be measured here. Data, but for the questions
// what this machine has.
import type { Line, Skipped } from './figure.ts';
import { bpftraceMissing, clangMissing } from './sched-tracers.ts';

type Reason = () => string | undefined;
const nothing: Reason = () => undefined;
const noEndbr64: Reason = () => (process.arch === 'x64' ? bpftraceMissing() : `${process.arch} has no endbr64`);

/** By bench and figure: what it lacks on a machine that cannot measure it. */
const promised: Readonly<Record<string, Readonly<Record<string, Reason>>>> = {
  calls: {
    call_cost_vs_bare: clangMissing,
    call_cost_vs_bpftrace: bpftraceMissing,
    call_cost_endbr64_vs_bpftrace: noEndbr64,
    victim_slowdown_10k_pct: nothing,
    victim_slowdown_100k_vs_bare: clangMissing,
  },
  ingest: { ingest_events_per_s: nothing, ingest_vs_raw_inserts: nothing },
  'capture-rate': { bytes_per_row: nothing },
  scale: { stats_10m_ms: nothing, chains_10m_ms: nothing, timeline_10m_ms: nothing },
  idle: { idle_cpu_pct: nothing, idle_rss_mb: nothing },
  'ready-time': { ready_ms: nothing },
};

/** Names of all of them, by bench. */
export const promisedNames: ReadonlyMap<string, readonly string[]> = new Map(
  Object.entries(promised).map(([bench, figures]) => [bench, Object.keys(figures)]),
);

/** Lines for those figures of a bench that are not among what it measured. `failure`: why it measured nothing, where it failed. */
export const skippedOf = (bench: string, measured: readonly Line[], failure?: string): readonly Skipped[] => {
  const there = new Set(measured.map(({ figure }) => figure));
  return Object.entries(promised[bench] ?? {})
    .filter(([figure]) => !there.has(figure))
    .map(([figure, reason]) => ({ figure, skipped: failure ?? reason() ?? 'the bench did not print it' }));
};
