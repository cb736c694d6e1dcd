// Records a command again and again in this one process, and prints what the process holds after some and after all of them:
// COUNT FILE CMD ARGS... Knows nothing of why.

import { evidenceKey } from '../src/cli/evidence-key.ts';
import { out } from '../src/cli/print.ts';
import { runRecording } from '../src/record/run.ts';
import { type OwnUse, ownUse } from './left-behind.ts';

process.env.UV_THREADPOOL_SIZE = '64';
/** Until then what is made once has been made. */
const WARM_UP = 10;
const [count = '', path = '', ...command] = process.argv.slice(2);
let warm: OwnUse | undefined;
for (let i = 0; i < Number(count); i++) {
  const { failure } = await runRecording({
    path,
    version: 'chaos',
    key: evidenceKey().key,
    duration: undefined,
    mute: true,
    selection: { pids: [], comms: [], cgroups: [], all: false, command },
    onReady: () => {},
    onInterrupt: () => {},
  });
  if (failure !== undefined) throw failure;
  if (i + 1 === WARM_UP) warm = ownUse();
}
out(`${JSON.stringify({ warm, end: ownUse() })}\n`);
