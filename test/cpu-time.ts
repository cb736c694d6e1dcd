// What a piece of work costs, told so that other programs on the machine do not change it much.

/** CPU time of this process while `work` runs, in ms. */
export const cpuTime = (work: () => unknown): number => {
  const began = process.cpuUsage();
  work();
  const { user, system } = process.cpuUsage(began);
  return (user + system) / 1000;
};
