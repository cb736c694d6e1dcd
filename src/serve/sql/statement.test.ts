import assert from 'node:assert/strict';
import { test } from 'node:test';
import { UserError } from '../../base/errors.ts';
import { oneStatement } from './statement.ts';

test('one reading statement passes, whatever it is wrapped in', () => {
  for (const sql of [
    'select 1',
    'SELECT 1;',
    '  -- why; not\n select ";" as "a;b", \';\' , [x;y], `z;` from t ; -- end; of\n /* ; */ ',
    '/* a /* b */ with x as (select 1) select * from x',
    'values (1)',
    'explain query plan select 1',
    "select 'it''s; fine'",
    'select 1 -- unterminated comment ; select 2',
    'select 1 /* open ; select 2',
  ])
    assert.match(oneStatement(sql), /select|values/i, sql);
});

const refused = (sql: string, code: string) =>
  assert.throws(
    () => oneStatement(sql),
    (error) => error instanceof UserError && error.parts.code === code,
    sql,
  );

test('none, several, and statements that do more than reading are refused', () => {
  for (const sql of ['', ' \t\n', ';;', '-- only a comment', '/* x']) refused(sql, 'sql_not_one');
  for (const sql of [
    'select 1; select 2',
    'select 1;drop table call',
    "select 'a';;\tattach 'x' as y",
    'select 1;--\nselect 2',
  ])
    refused(sql, 'sql_not_one');
  for (const sql of [
    'attach\t"x" as y',
    '/**/pragma/**/user_version',
    'insert into call values (1)',
    'vacuum into "x"',
    'begin',
    'selectx',
  ])
    refused(sql, 'sql_denied');
  refused('select 1\0; drop table call', 'sql_not_one');
});
