// Which files are generated, and from what.

import { kernelsDoc } from '../kernels/kernels-doc.ts';
import { readResults } from '../kernels/results.ts';
import { cHeader } from '../src/catalogue/derive/c-header.ts';
import { callsDoc, eventsDoc, lossesDoc, tablesDoc } from '../src/catalogue/derive/docs.ts';
import { recordingSchema } from '../src/catalogue/derive/json-schema.ts';
import { alertsDoc } from './alerts-doc.ts';
import { bundleManifest, registryEntry } from './bundle-files.ts';
import { commandsDoc } from './commands-doc.ts';
import { errorsDoc } from './errors-doc.ts';
import { overheadDoc } from './overhead-doc.ts';
import { scaleDoc } from './scale-doc.ts';
import { toolDefinitions, toolsDoc } from './tools-doc.ts';

const root = new URL('..', import.meta.url).pathname;

/** Path below the project's root, and the text that belongs there. */
export const generatedFiles = async (): Promise<readonly (readonly [path: string, text: string])[]> => [
  ['bpf/events.gen.h', cHeader()],
  ['bundle/manifest.json', bundleManifest()],
  ['server.json', registryEntry()],
  ['docs/overhead.md', overheadDoc(`${root}docs/figures`)],
  ['docs/generated/alerts.md', alertsDoc()],
  ['docs/generated/calls.md', callsDoc()],
  ['docs/generated/commands.md', await commandsDoc()],
  ['docs/generated/errors.md', errorsDoc()],
  ['docs/generated/events.md', eventsDoc()],
  ['docs/generated/losses.md', lossesDoc()],
  ['docs/generated/recording.schema.json', `${JSON.stringify(recordingSchema(), null, 1)}\n`],
  ['docs/generated/tables.md', tablesDoc()],
  ['docs/generated/tools.md', toolsDoc()],
  ['docs/generated/tools.json', toolDefinitions()],
  ['docs/kernels.md', kernelsDoc(readResults())],
  ['docs/scale.md', scaleDoc()],
];
