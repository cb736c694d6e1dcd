// The recording's own description of itself, so that any SQL client can read it.
import { field } from '../field.ts';
import { table } from '../table.ts';

export const metaTables = {
  recording: table({
    name: 'recording',
    doc: 'facts about the recording: start time, host, kernel, version, settings, how it ended',
    columns: [field('key', 'text', 'name of the fact'), field('value', 'text', 'its value')],
    primaryKey: ['key'],
  }),
  meta_table: table({
    name: 'meta_table',
    doc: 'every table and view',
    columns: [
      field('name', 'text', 'name'),
      field('type', 'text', 'table or view'),
      field('doc', 'text', 'what a row is'),
    ],
    primaryKey: ['name'],
  }),
  meta_column: table({
    name: 'meta_column',
    doc: 'every column',
    columns: [
      field('table_name', 'text', 'meta_table.name'),
      field('position', 'number', 'from 0'),
      field('name', 'text', 'column'),
      field('kind', 'text', 'kind of value'),
      field('unit', 'text', 'unit'),
      field('doc', 'text', 'meaning'),
    ],
    primaryKey: ['table_name', 'position'],
  }),
  meta_op: table({
    name: 'meta_op',
    doc: 'the library calls that can be recorded',
    columns: [
      field('id', 'id', 'number of the call, stable across versions'),
      field('name', 'text', 'symbol'),
      field('library', 'text', 'cudart or cuda'),
      field('role', 'text', 'launch, copy, fill, alloc, free, sync, event, stream, graph, load, query or device'),
    ],
  }),
  meta_loss: table({
    name: 'meta_loss',
    doc: 'the kinds of loss',
    columns: [
      field('name', 'text', 'reason'),
      field('source', 'text', 'who counts it'),
      field('doc', 'text', 'meaning'),
    ],
    primaryKey: ['name'],
  }),
  meta_example: table({
    name: 'meta_example',
    doc: 'questions with the SQL that answers them',
    columns: [
      field('table_name', 'text', 'view it is about'),
      field('question', 'text', 'question'),
      field('sql', 'text', 'SQL'),
    ],
    primaryKey: ['table_name', 'question'],
  }),
} as const;
