// Somebody reads the file in one transaction from its beginning until after its end.
import { DatabaseSync } from 'node:sqlite';
import { lab, startRecorder, untilRecording } from '../../test/kernel/recorder.ts';
import type { Scenario } from '../scenario.ts';
import { judge, withTruth } from '../verdict.ts';

export const longReader: Scenario = {
  name: 'long-reader',
  doc: 'a reader holds a transaction open for the whole recording, in one run of four for two minutes: its log cannot be taken in',
  runs: 4,
  run: async (stage) => {
    const { path } = stage;
    const [rate = '', seconds = ''] = stage.chance(1, 4) === 1 ? ['20000', '120'] : ['100000', '4'];
    const recorder = startRecorder(stage, path, ['--', lab('storm'), '--rate', rate, '--seconds', seconds]);
    await untilRecording(path);
    const reader = new DatabaseSync(path, { readOnly: true });
    try {
      reader.exec('BEGIN');
      reader.prepare('SELECT count(*) AS n FROM call').get();
      const ended = await recorder.ended;
      const during = withTruth(judge(path, ended), path, ended.stdout);
      if (!during.ok) return during;
      reader.exec('COMMIT');
      return withTruth(judge(path, ended), path, ended.stdout);
    } finally {
      reader.close();
    }
  },
};
