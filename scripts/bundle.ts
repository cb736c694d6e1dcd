// `npm run bundle`: writes the .mcpb bundle for desktop clients into the project's root.
import { writeFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { BUNDLE_NAME, bundle } from './bundle-files.ts';

const bytes = bundle();
writeFileSync(fileURLToPath(new URL(`../${BUNDLE_NAME}`, import.meta.url)), bytes);
process.stdout.write(`${BUNDLE_NAME}: ${bytes.length} bytes\n`);
