import assert from 'node:assert/strict';
import { test } from 'node:test';
import { kernelStructs } from '../../catalogue/kernel-structs.ts';
import { encodePython, type PythonProcess } from './python-map.ts';

test('every member is written at its place, the address in full', () => {
  const { fields } = kernelStructs.python_process;
  const number = (name: string): number => fields.findIndex((field) => field.name === name) + 1;
  const process: PythonProcess = {
    code_type: 0x7f12_3456_7890,
    life: 0xffff_fffe,
    version: number('version'),
    self_before: number('self_before'),
    slot: number('slot'),
    slot_data: number('slot_data'),
    thread_id: number('thread_id'),
    thread_frame: number('thread_frame'),
    indirect: number('indirect'),
    indirect_frame: number('indirect_frame'),
    frame_style: number('frame_style'),
    frame_bytes: number('frame_bytes'),
    frame_code: number('frame_code'),
    frame_previous: number('frame_previous'),
    frame_instruction: number('frame_instruction'),
    frame_owner: number('frame_owner'),
    frame_entry: number('frame_entry'),
    number_scale: number('number_scale'),
    code_first_line: number('code_first_line'),
    code_file: number('code_file'),
    code_name: number('code_name'),
    code_table: number('code_table'),
    code_bytecode: number('code_bytecode'),
    code_traceable: number('code_traceable'),
    code_mark: number('code_mark'),
    code_bytes: number('code_bytes'),
    text_length: number('text_length'),
    text_state: number('text_state'),
    text_ascii: number('text_ascii'),
    text_wide: number('text_wide'),
    bytes_size: number('bytes_size'),
    bytes_data: number('bytes_data'),
  };
  const bytes = Buffer.from(encodePython(process));
  assert.equal(bytes.length, 8 + (fields.length - 1) * 4 + ((fields.length - 1) % 2) * 4);
  assert.equal(bytes.readBigUInt64LE(0), 0x7f12_3456_7890n);
  assert.equal(bytes.readUInt32LE(8), 0xffff_fffe);
  for (let i = 2; i < fields.length; i++) assert.equal(bytes.readUInt32LE(4 + i * 4), i + 1);
});
