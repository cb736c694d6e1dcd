// The recording, or what belongs to it, is removed or replaced while it is written.
import { readFileSync, renameSync, rmSync, writeFileSync } from 'node:fs';
import { setTimeout as sleep } from 'node:timers/promises';
import { lab, startRecorder, untilRecording } from '../../test/kernel/recorder.ts';
import type { Scenario } from '../scenario.ts';
import { judge, judgeRefusal } from '../verdict.ts';

const GONE = /the file was removed or replaced/;
const MINE = 'mine\n';

export const deleted: Scenario = {
  name: 'deleted',
  doc: 'the file is removed, replaced or moved, or its log is removed, while it is written',
  runs: 12,
  short: 1,
  run: async (stage) => {
    const { path } = stage;
    const recorder = startRecorder(stage, path, ['--', lab('storm'), '--rate', '5000', '--ms', '2400']);
    await untilRecording(path);
    await sleep(stage.chance(0, 600));
    const what = stage.chance(0, 3);
    if (what === 0) for (const end of ['', '-wal', '-shm']) rmSync(path + end, { force: true });
    if (what === 1) writeFileSync(`${path}.other`, MINE);
    if (what === 1) renameSync(`${path}.other`, path);
    if (what === 2) renameSync(path, `${path}.moved`);
    if (what === 3) rmSync(`${path}-wal`, { force: true });
    const ended = await recorder.ended;
    if (what === 3) return judge(path, ended);
    if (what === 1) {
      if (readFileSync(path, 'utf8') !== MINE)
        return { ok: false, end: 'refused', stated: [], why: 'it wrote into a file of others' };
      rmSync(path);
    }
    return judgeRefusal(path, ended, GONE);
  },
};
