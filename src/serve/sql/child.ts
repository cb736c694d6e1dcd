// The process in which SQL of a stranger runs: started before it is needed, it waits for one request on stdin, writes one
// reply to stdout, and ends. It may be killed at any moment; nothing else depends on it.
import { readFileSync } from 'node:fs';
import { messageOf, UserError } from '../../base/errors.ts';
import { runQuery } from './query.ts';
import { startWatchdog } from './watchdog.ts';

const begin = startWatchdog();

const answer = (text: string): unknown => {
  try {
    const { seconds, ...request } = JSON.parse(text);
    // The time of the query begins here: whoever waits for the reply sees it begin.
    process.stdout.write('\n');
    begin(seconds);
    return { page: runQuery(request) };
  } catch (thrown) {
    return thrown instanceof UserError ? { fault: thrown.parts } : { crash: messageOf(thrown) };
  }
};

const text = readFileSync(0, 'utf8');
// Nothing comes when whoever started this has no question after all, or is gone.
if (text !== '') process.stdout.write(`${JSON.stringify(answer(text))}\n`);
