// What some work costs this process, by the clock and in CPU time of all its threads.

export type Cost = { readonly wall_ms: number; readonly cpu_us: number };
export const nothing: Cost = { wall_ms: 0, cpu_us: 0 };

/** Adds what some work cost to what was before. */
export const costing = (before: Cost, work: () => void): Cost => {
  const began = performance.now();
  const start = process.cpuUsage();
  work();
  const used = process.cpuUsage(start);
  return {
    wall_ms: before.wall_ms + performance.now() - began,
    cpu_us: before.cpu_us + used.user + used.system,
  };
};
