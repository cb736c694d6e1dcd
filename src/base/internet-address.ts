// Addresses of the internet as text. Knows bytes in network order only.

/** The 16 bytes at `at` as an IPv6 address, a run of zero groups as `::` (RFC 5952, without its tie rules). */
export const address6 = (view: DataView, at: number): string => {
  const groups = Array.from({ length: 8 }, (_, i) => view.getUint16(at + 2 * i).toString(16));
  return groups.join(':').replace(/(^|:)0(:0)+(:|$)/, '::');
};
