// Unwind tables of programs: the search table, its entries and the instructions in them.
import { runCallFrame } from '../../src/capture/symbols/call-frame.ts';
import { openEhFrame } from '../../src/capture/symbols/eh-frame.ts';
import { openEhFrameIndex } from '../../src/capture/symbols/eh-frame-index.ts';
import { type ElfFile, elfInMemory } from '../../src/capture/symbols/elf.ts';
import { holds, refusing, type Target } from '../target.ts';
import { missingPrograms, programs } from './programs.ts';

/** Addresses that are looked up in each executable piece. */
const LOOKED_UP = 24;

/** The bytes of a program from where its unwind tables begin: what is changed there matters most. */
const addressesOf = (file: ElfFile): readonly number[] =>
  file.segments
    .filter(({ executable, fileSize }) => executable && fileSize > 0)
    .flatMap(({ address, fileSize }) =>
      Array.from({ length: LOOKED_UP }, (_, i) => address + Math.floor((fileSize * i) / LOOKED_UP)),
    );

/** How many of the addresses that are looked up have instructions that were run. */
const walk = (file: ElfFile): number => {
  let run = 0;
  const frames = openEhFrame(file);
  const index = refusing(() => openEhFrameIndex(file, frames));
  for (const address of addressesOf(file))
    refusing(() => {
      const entry = index?.entryFor(address);
      const found = entry === undefined ? undefined : frames.functionAt(entry);
      if (found === undefined) return;
      const { start, common, program } = found;
      runCallFrame(common, program, { start, address, bases: { function: start }, fail: frames.fail });
      run++;
    });
  return run;
};

/** A change within the tables themselves: two bytes say where, the others what. */
const changedTables = (program: Buffer, input: Buffer): Buffer => {
  const file = refusing(() => elfInMemory('fuzz', program));
  const section = file?.section('.eh_frame');
  if (section === undefined || input.length < 3) return program;
  const changed = Buffer.from(program);
  for (let i = 0; i + 2 < Math.min(input.length, 60); i += 3)
    changed[section.offset + (input.readUInt16LE(i) % section.size)] = input[i + 2] ?? 0;
  return changed;
};

export const unwindTables: Target = {
  name: 'unwind-tables',
  doc: 'unwind tables: search table, entries, instructions',
  missing: missingPrograms,
  open: () => {
    const seeds = programs();
    return {
      seeds,
      sound: () => {
        for (const program of seeds) holds('unwind tables', walk(elfInMemory('fuzz', program)) > 0);
      },
      check: (input) => {
        const file = refusing(() => elfInMemory('fuzz', input));
        if (file !== undefined) walk(file);
        for (const program of seeds.slice(0, 1)) walk(elfInMemory('fuzz', changedTables(program, input)));
      },
    };
  },
};
