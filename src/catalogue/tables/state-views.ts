// Views that add up: every instant of a traced thread, and who ran while it was ready.
export const stateViews = {} as const;
