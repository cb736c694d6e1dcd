// What subscriptions delivered beside a recording, what the watches kept as evidence, and the alerts they raised. An alert is
// sealed as soon as it is there, so its row never changes: what is found again is a row of its own.
import { field } from '../field.ts';
import { table } from '../table.ts';

const id = field('id', 'id', 'row number, in the order of writing');

export const liveTables = {
  live_source: table({
    name: 'live_source',
    doc: 'what live events are of: an event of the kernel, and the subscription to it',
    columns: [
      id,
      field('event', 'text', 'category:name of the tracepoint'),
      field('subscription', 'untrusted_text', 'expression that asked for it, null where a watch kept it as evidence'),
    ],
  }),
  live_event: table({
    name: 'live_event',
    doc: 'events that a subscription delivered, or that a watch kept as evidence',
    columns: [
      id,
      field('time_ns', 'time', 'when'),
      field('source', 'ref', 'live_source.id'),
      field('thread', 'ref', 'thread.id of whom it belongs to, null when that is not known'),
      field('uid', 'number', 'user that ran, null when that is not known'),
      field('cpu', 'cpu', 'CPU it happened on, null when that is not known'),
      field('fields', 'json', 'fields of the event by name, without addresses of the kernel and without secrets'),
    ],
    index: ['source', 'time_ns'],
  }),
  alert: table({
    name: 'alert',
    doc: 'what a watch found, once for equal ones within a minute',
    columns: [
      id,
      field('time_ns', 'time', 'when it was found first'),
      field('watch', 'text', 'network or security'),
      field('rule', 'text', 'what was found'),
      field('severity', 'text', 'info, low, medium, high or critical'),
      field('title', 'text', 'the same in words'),
      field('technique', 'text', 'of MITRE ATT&CK, null where there is none'),
      field('pid', 'pid', 'process that did it, null when that cannot be proven'),
      field('comm', 'comm', 'its name'),
      field('exe', 'untrusted_text', 'path of its program'),
      field('exe_id', 'text', 'device and inode of its program, as DEV:INO'),
      field('uid', 'number', 'its user'),
      field('container', 'untrusted_text', 'container id, null when in none'),
      field('parents', 'json', 'its parents, nearest first: pid, comm, exe'),
      field('facts', 'json', 'what was seen, by name'),
      field('evidence', 'json', 'rows that prove it, as "live_events:ID"'),
      field('benign', 'text', 'why it may be harmless, and how to allow it'),
    ],
  }),
  alert_again: table({
    name: 'alert_again',
    doc: 'that the same was found again, one row a second at most',
    columns: [
      id,
      field('alert', 'ref', 'alert.id'),
      field('start_ns', 'time', 'the first time of these'),
      field('end_ns', 'time', 'the last'),
      field('count', 'count', 'how often'),
      field('evidence', 'json', 'some of the rows that prove it'),
    ],
    index: ['alert'],
  }),
} as const;
