// What follows the opcode of an x86-64 instruction, for every opcode of its maps: data for the decoder. Where a program
// compiled today has no use for an opcode, or processors and disassemblers do not agree on its length, it is unknown here.
// Source: AMD64 Architecture Programmer's Manual, volume 3, appendix A (opcode maps), and Intel SDM volume 2, appendix A.

/**
 * One letter an opcode, sixteen a row:
 * `.` nothing, `m` an operand byte (ModRM), `b` one byte, `z` two or four bytes by operand size, `M` and `Z` both of them,
 * `w` two bytes, `q` two, four or eight by operand size, `o` an address, `e` three bytes, `s` and `j` a jump of one and of four bytes,
 * `g` and `G` an operand byte and, of the first two of its group, `b` or `z`; `P` an operand byte of which only the first of its
 * group is known; `p` a prefix, `r` a REX prefix, `0` `v` `V` the way into other maps, `x` unknown.
 */
const ONE_BYTE = [
  'mmmmbzxxmmmmbzx0',
  'mmmmbzxxmmmmbzxx',
  'mmmmbzpxmmmmbzpx',
  'mmmmbzpxmmmmbzpx',
  'rrrrrrrrrrrrrrrr',
  '................',
  'xxVmppppzZbM....',
  'ssssssssssssssss',
  'MZxMmmmmmmmmmmmP',
  '..........xx....',
  'oooo....bz......',
  'bbbbbbbbqqqqqqqq',
  'MMw.vvMZe.w..bx.',
  'mmmmxxx.mmmmmmmm',
  'ssssbbbbjjxs....',
  'pxpp..gG......mm',
].join('');

/** After 0F. */
const TWO_BYTE = [
  'mmmmx.....x.xm.x',
  'mmmmmmmmmmmmmmmm',
  'mmmmxxxxmmmmmmmm',
  '......xx3xAxxxxx',
  'mmmmmmmmmmmmmmmm',
  'mmmmmmmmmmmmmmmm',
  'mmmmmmmmmmmmmmmm',
  'MMMMmmm.xxxxmmmm',
  'jjjjjjjjjjjjjjjj',
  'mmmmmmmmmmmmmmmm',
  '...mMmxx...mMmmm',
  'mmmmmmmmmmMmmmmm',
  'mmMmMMMm........',
  'mmmmmmmmmmmmmmmm',
  'mmmmmmmmmmmmmmmm',
  'mmmmmmmmmmmmmmmx',
].join('');

/** Opcodes of the second map that take one byte more when they are encoded with VEX or EVEX. */
const VECTOR_WITH_BYTE: ReadonlySet<number> = new Set([0x70, 0x71, 0x72, 0x73, 0xc2, 0xc4, 0xc5, 0xc6]);
const VZEROUPPER = 0x77;

/** What follows an opcode of the first two maps (0 and 1): one of the letters above. */
export const shapeOf = (map: number, opcode: number): string =>
  map === 2 ? 'm' : map === 3 ? 'M' : ((map === 0 ? ONE_BYTE : TWO_BYTE)[opcode] ?? 'x');

/** The same of an instruction that is encoded with VEX (`extended` false) or EVEX. */
export const vectorShapeOf = (map: number, opcode: number, extended: boolean): string => {
  if (map === 3) return 'M';
  if (map === 2 || (extended && (map === 5 || map === 6))) return 'm';
  if (map !== 1) return 'x';
  if (opcode === VZEROUPPER) return extended ? 'x' : '.';
  return VECTOR_WITH_BYTE.has(opcode) ? 'M' : 'm';
};
