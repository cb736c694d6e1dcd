// Which files are generated, and from what.
import { cHeader } from '../src/catalogue/derive/c-header.ts';

/** Path below the project's root, and the text that belongs there. */
export const generatedFiles = async (): Promise<readonly (readonly [path: string, text: string])[]> => [
  ['bpf/events.gen.h', cHeader()],
];
