// Keeps the memory of a server near what it holds. Knows nothing of what is served.
import { setFlagsFromString } from 'node:v8';

/**
 * Per cent that the heap may grow by before its garbage is looked for. V8 goes by the memory of the machine and lets a heap of
 * 30 MiB become 120; the looks themselves take a few ms each.
 */
const GROWTH = 30;

/** Call once, early. The room for young objects is fixed when a process starts: bin/whytrace sets it. */
export const boundHeap = (): void => setFlagsFromString(`--heap-growing-percent=${GROWTH}`);
