// Which files are generated, and from what.
import { cHeader } from '../src/catalogue/derive/c-header.ts';
import { callsDoc, eventsDoc, lossesDoc, tablesDoc } from '../src/catalogue/derive/docs.ts';
import { recordingSchema } from '../src/catalogue/derive/json-schema.ts';
import { bundleManifest, registryEntry } from './bundle-files.ts';
import { commandsDoc } from './commands-doc.ts';
import { errorsDoc } from './errors-doc.ts';
import { toolDefinitions, toolsDoc } from './tools-doc.ts';

/** Path below the project's root, and the text that belongs there. */
export const generatedFiles = async (): Promise<readonly (readonly [path: string, text: string])[]> => [
  ['bpf/events.gen.h', cHeader()],
  ['bundle/manifest.json', bundleManifest()],
  ['server.json', registryEntry()],
  ['docs/generated/calls.md', callsDoc()],
  ['docs/generated/commands.md', await commandsDoc()],
  ['docs/generated/errors.md', errorsDoc()],
  ['docs/generated/events.md', eventsDoc()],
  ['docs/generated/losses.md', lossesDoc()],
  ['docs/generated/recording.schema.json', `${JSON.stringify(recordingSchema(), null, 1)}\n`],
  ['docs/generated/tables.md', tablesDoc()],
  ['docs/generated/tools.md', toolsDoc()],
  ['docs/generated/tools.json', toolDefinitions()],
];
