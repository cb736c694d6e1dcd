// Numbers with units as people read them. Every text about a time, a size or a share is made here.

const TIMES: readonly (readonly [number, string])[] = [
  [1e9, 's'],
  [1e6, 'ms'],
  [1e3, 'us'],
];
const SIZES: readonly (readonly [number, string])[] = [
  [2 ** 50, 'PiB'],
  [2 ** 40, 'TiB'],
  [2 ** 30, 'GiB'],
  [2 ** 20, 'MiB'],
  [2 ** 10, 'KiB'],
];

/** Three significant digits. */
const exact = (value: number): string => {
  const size = Math.abs(value);
  return value.toFixed(size >= 99.95 ? 0 : size >= 9.995 ? 1 : 2);
};
/** The same without trailing zeros after the point. */
const short = (value: number): string => String(Number(exact(value)));

type Scales = readonly (readonly [number, string])[];

const scaled = (value: number, scales: Scales, unit: string, digits = short): string => {
  // 0.9995: what would be shown as 1000 of a unit is shown as 1 of the next.
  const scale = scales.find(([factor]) => Math.abs(value) >= factor * 0.9995);
  return scale === undefined ? `${Math.round(value)} ${unit}` : `${digits(value / scale[0])} ${scale[1]}`;
};

/** A duration in ns: `850 ns`, `6.1 us`, `38.2 ms`, `1.53 s`. */
export const durationText = (ns: number): string => scaled(ns, TIMES, 'ns');

/** A duration in ns for a column of a table, always with three digits: `850 ns`, `6.10 us`, `38.2 ms`, `1.50 s`. */
export const durationCell = (ns: number): string => scaled(ns, TIMES, 'ns', exact);

/** A number of bytes: `512 B`, `4 KiB`, `1.5 GiB`. */
export const bytesText = (bytes: number): string => scaled(bytes, SIZES, 'B');

/** A share from 0 to 1: `94 %`, `0.4 %`, `<0.1 %`. Never 100 % for less than all, nor 0 % for more than nothing. */
export const shareText = (share: number): string => {
  if (share <= 0) return '0 %';
  if (share < 0.001) return '<0.1 %';
  if (share < 0.0995) return `${Number((share * 100).toFixed(1))} %`;
  if (share >= 1) return '100 %';
  return share > 0.99 ? `${Math.floor(share * 1000) / 10} %` : `${Math.round(share * 100)} %`;
};

/** A number of things: `1 call`, `12 calls`. */
export const countText = (count: number, thing: string): string => `${count} ${thing}${count === 1 ? '' : 's'}`;
