// Records a command with rings of another size than the command line gives: BYTES FILE CMD ARGS... Knows nothing of why.

import { evidenceKey } from '../src/cli/evidence-key.ts';
import { err } from '../src/cli/print.ts';
import { reportOf } from '../src/cli/report.ts';
import { runRecording } from '../src/record/run.ts';

process.env.UV_THREADPOOL_SIZE = '64';
const [bytes = '', path = '', ...command] = process.argv.slice(2);
try {
  const { failure } = await runRecording({
    path,
    version: 'chaos',
    key: evidenceKey().key,
    ringBytes: Number(bytes),
    duration: undefined,
    selection: { pids: [], comms: [], cgroups: [], all: false, command },
    onReady: () => {},
    onInterrupt: () => {},
  });
  if (failure !== undefined) throw failure;
} catch (thrown) {
  const { text, exitCode } = reportOf(thrown, false);
  err(text);
  process.exitCode = exitCode;
}
