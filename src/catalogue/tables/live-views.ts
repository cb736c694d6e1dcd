// Views about what happened in the kernel beside the recorded program: events of subscriptions and watches, and alerts.
import { severities } from '../../base/alert.ts';
import { field } from '../field.ts';
import { view } from '../table.ts';
import { who } from './who.ts';

/** Rows that the evidence of one alert names. */
const MOST_EVIDENCE = 20;

const level = `CASE a.severity ${severities.map((name, at) => `WHEN '${name}' THEN ${at}`).join(' ')} END`;
const again = (what: string) => `(SELECT ${what} FROM alert_again g WHERE g.alert = a.id)`;

export const liveViews = {
  live_events: view({
    name: 'live_events',
    doc: 'events of the kernel that a subscription delivered or a watch kept as evidence (record --watch, --subscribe), of all processes',
    columns: [
      field('id', 'id', 'row id, as in evidence "live_events:ID"'),
      field('time_ns', 'time', 'when'),
      ...who,
      field('event', 'text', 'category:name of the tracepoint'),
      field('fields', 'json', "its fields by name: fields ->> 'reason'"),
      field('subscription', 'untrusted_text', 'expression that asked for it, null where a watch kept it'),
      field('uid', 'number', 'user that ran'),
      field('cpu', 'cpu', 'CPU it happened on'),
    ],
    sql: `SELECT e.id, e.time_ns, t.pid, t.tid, t.comm, s.event, e.fields, s.subscription, e.uid, e.cpu
      FROM live_event e JOIN live_source s ON s.id = e.source LEFT JOIN thread t ON t.id = e.thread`,
    examples: [
      {
        question: 'Which packets were dropped where, and between whom?',
        sql: "SELECT fields ->> 'reason' AS reason, fields ->> 'location' AS place, fields ->> 'from' AS sender, fields ->> 'to' AS receiver, count(*) AS n FROM live_events WHERE event = 'skb:kfree_skb' GROUP BY reason, place, sender, receiver ORDER BY n DESC LIMIT 20",
      },
      {
        question: 'Which waits of traced threads did an event of a subscription fall into?',
        sql: 'SELECT e.id, e.event, e.fields, w.id AS wait, w.pid, w.tid, w.kind, w.duration_ns / 1e6 AS ms FROM live_events e JOIN waits w ON w.start_ns <= e.time_ns AND w.start_ns + w.duration_ns > e.time_ns WHERE w.tracked = 1 ORDER BY ms DESC LIMIT 20',
      },
    ],
  }),
  alerts: view({
    name: 'alerts',
    doc: 'what the watches found wrong on this host (record --watch), one row for equal findings',
    columns: [
      field('id', 'id', 'row id, as in evidence "alerts:ID"'),
      field('start_ns', 'time', 'found first'),
      field('end_ns', 'time', 'found last'),
      field('count', 'count', 'how often'),
      field('severity', 'text', severities.join(', ')),
      field('rule', 'text', 'what was found'),
      field('pid', 'pid', 'process that did it, null when that cannot be proven'),
      field('comm', 'comm', 'its name'),
      field('exe', 'untrusted_text', 'path of its program'),
      field('facts', 'json', 'what was seen, by name'),
      field('level', 'small', 'severity as a number: 0 info to 4 critical'),
      field('watch', 'text', 'network or security'),
      field('title', 'text', 'what was found, in words'),
      field('technique', 'text', 'of MITRE ATT&CK'),
      field('class', 'text', 'class of dropped packets: malformed, spoofed, policy, resource, topology'),
      field('uid', 'number', 'its user'),
      field('container', 'untrusted_text', 'container id'),
      field('parents', 'json', 'its parents, nearest first: pid, comm, exe'),
      field('evidence', 'json', 'rows that prove it, as "live_events:ID"'),
      field('benign', 'text', 'why it may be harmless, and how to allow it'),
      field('exe_id', 'text', 'device and inode of its program'),
    ],
    sql: `SELECT a.id, a.time_ns AS start_ns, coalesce(${again('max(g.end_ns)')}, a.time_ns) AS end_ns,
      1 + coalesce(${again('sum(g.count)')}, 0) AS count, a.severity, a.rule, a.pid, a.comm, a.exe, a.facts, ${level} AS level,
      a.watch, a.title, a.technique, a.facts ->> 'class' AS class, a.uid, a.container, a.parents,
      (SELECT json_group_array(proof) FROM (SELECT j.value AS proof FROM json_each(a.evidence) j
        UNION ALL SELECT r.value FROM alert_again g, json_each(g.evidence) r WHERE g.alert = a.id LIMIT ${MOST_EVIDENCE})) AS evidence,
      a.benign, a.exe_id FROM alert a`,
    examples: [
      {
        question: 'What looked wrong on this host, the worst first?',
        sql: 'SELECT id, severity, rule, title, comm, pid, count, facts, evidence FROM alerts ORDER BY level DESC, id LIMIT 20',
      },
      {
        question: 'What did traced threads wait for while it was so?',
        sql: 'SELECT a.id, a.rule, w.pid, w.comm, w.kind, count(*) AS n, sum(w.duration_ns) / 1e6 AS ms FROM alerts a JOIN waits w ON w.start_ns < a.end_ns + 1000000000 AND w.start_ns + w.duration_ns > a.start_ns - 1000000000 WHERE w.tracked = 1 GROUP BY a.id, w.pid, w.kind ORDER BY ms DESC LIMIT 20',
      },
    ],
  }),
} as const;
