// What a drop means: by the kernel's reason and, where that alone is ambiguous, the function that dropped it. Reasons are those
// of enum skb_drop_reason (include/net/dropreason-core.h), without their prefix.
import type { Severity } from '../../base/alert.ts';
import type { NetworkRule } from './rule-names.ts';

export type DropClass = 'malformed' | 'spoofed' | 'policy' | 'resource' | 'topology' | 'benign';

/** REASON or REASON@function; the longer one wins. */
const CLASSES: Readonly<Record<Exclude<DropClass, 'benign'>, readonly string[]>> = {
  malformed: [
    'PKT_TOO_SMALL',
    'IP_INHDR',
    'IP_CSUM',
    'TCP_CSUM',
    'UDP_CSUM',
    'ICMP_CSUM',
    'SKB_CSUM',
    'HDR_TRUNC',
    'DEV_HDR',
    'INVALID_PROTO',
    'IP_NOPROTO',
    'UNHANDLED_PROTO',
    'TCP_FLAGS',
    'TCP_INVALID_SYN',
    'IPV6_BAD_EXTHDR',
    'IPV6_NDISC_FRAG',
    'IPV6_NDISC_HOP_LIMIT',
    'IPV6_NDISC_BAD_CODE',
    'IPV6_NDISC_BAD_OPTIONS',
    'DUP_FRAG',
    'FRAG_REASM_TIMEOUT',
    'FRAG_TOO_FAR',
    'VXLAN_INVALID_HDR',
    'MAC_INVALID_SOURCE',
    'CAN_RX_INVALID_FRAME',
    'CANFD_RX_INVALID_FRAME',
    'CANXL_RX_INVALID_FRAME',
    'NOT_SPECIFIED@__udp4_lib_rcv',
    'NOT_SPECIFIED@__udp6_lib_rcv',
    'NOT_SPECIFIED@ip_defrag',
    'NOT_SPECIFIED@ipv6_destopt_rcv',
    'NOT_SPECIFIED@ipv6_parse_hopopts',
    'NOT_SPECIFIED@ipv6_rthdr_rcv',
  ],
  spoofed: [
    'IP_RPFILTER',
    'IP_LOCALNET',
    'IP_LOCAL_SOURCE',
    'IP_INVALID_SOURCE',
    'IP_INADDRERRORS',
    'UNICAST_IN_L2_MULTICAST',
    'TCP_INVALID_SEQUENCE',
    'TCP_INVALID_END_SEQUENCE',
    'TCP_INVALID_ACK_SEQUENCE',
    'TCP_OVERWINDOW',
    'TCP_RFC7323_PAWS',
    'TCP_RFC7323_TSECR',
    'TCP_MD5NOTFOUND',
    'TCP_MD5UNEXPECTED',
    'TCP_MD5FAILURE',
    'TCP_AUTH_HDR',
    'TCP_AOFAILURE',
    'TCP_AOKEYNOTFOUND',
    'TCP_AOUNEXPECTED',
    'TCP_AONOTFOUND',
  ],
  policy: [
    'NETFILTER_DROP',
    'TC_INGRESS',
    'TC_EGRESS',
    'XDP',
    'BPF_CGROUP_EGRESS',
    'SECURITY_HOOK',
    'SOCKET_FILTER',
    'XFRM_POLICY',
    'TCP_MINTTL',
  ],
  resource: [
    'SOCKET_RCVBUFF',
    'SOCKET_BACKLOG',
    'PROTO_MEM',
    'QDISC_DROP',
    'QDISC_OVERLIMIT',
    'QDISC_CONGESTED',
    'CAKE_FLOOD',
    'FQ_BAND_LIMIT',
    'FQ_FLOW_LIMIT',
    'FQ_HORIZON_LIMIT',
    'DUALPI2_STEP_DROP',
    'CPU_BACKLOG',
    'FULL_RING',
    'NOMEM',
    'TCP_OFOMERGE',
    'TCP_OFO_DROP',
    'TCP_OFO_QUEUE_PRUNE',
    'TCP_RCVQ_PRUNE',
    'TCP_LISTEN_OVERFLOW',
    'TCP_ZEROWINDOW',
    'NEIGH_QUEUEFULL',
    'TCP_OLD_SEQUENCE',
  ],
  topology: [
    'NO_SOCKET',
    'IP_INNOROUTES',
    'IP_OUTNOROUTES',
    'NEIGH_FAILED',
    'NEIGH_CREATEFAIL',
    'NEIGH_DEAD',
    'PKT_TOO_BIG',
    'VXLAN_VNI_NOT_FOUND',
    'NO_TX_TARGET',
    'OTHERHOST',
    'IP_INHDR@ip_forward',
    'IP_INHDR@ip6_forward',
    'NOT_SPECIFIED@neigh_invalidate',
  ],
};

/** The classes that are worth a look, with their reasons. */
export const dropClasses = (['malformed', 'spoofed', 'policy', 'resource', 'topology'] as const).map((name) => ({
  name,
  reasons: CLASSES[name],
}));
const classes: ReadonlyMap<string, DropClass> = new Map(
  dropClasses.flatMap(({ name, reasons }) => reasons.map((reason) => [reason, name] as const)),
);

/**
 * Those that were looked at and mean no harm: what ends with its socket, arrives twice or late, is for another, or is what a device
 * or a queue was set up to do.
 */
const HARMLESS = new Set(
  `SKB_CONSUMED NOT_DROPPED_YET SOCKET_CLOSE UNIX_DISCONNECT UNIX_SKIP_OOB TCP_ABORT_ON_DATA TCP_OLD_DATA TCP_RFC7323_PAWS_ACK
  TCP_RFC7323_TW_PAWS TCP_RESET TCP_CLOSE TCP_FASTOPEN TCP_OLD_ACK TCP_TOO_OLD_ACK TCP_ACK_UNSENT_DATA IPV6DISABLED DEV_READY
  TAP_FILTER TAP_TXFILTER IPV6_NDISC_NS_OTHERHOST QUEUE_PURGE LOCAL_MAC ARP_PVLAN_DISABLE MAC_IEEE_MAC_CONTROL
  BRIDGE_INGRESS_STP_STATE MAX`.split(/\s+/),
);

/** Those of a kernel's reasons of which nobody has said what they mean: they raise nothing. */
export const unknownReasons = (reasons: Iterable<string>): readonly string[] =>
  [...reasons].filter((reason) => !HARMLESS.has(reason) && !isWorthALook(reason));

/** What compilers add to the name of a function that they have changed for one caller. */
const COMPILED = /\.(constprop|isra|part|cold)\b.*$/;

/** The class of a drop; what is in no list raises nothing, and of which it is not known is told (`unknownReasons`). */
export const dropClass = (reason: string, location: string): DropClass =>
  classes.get(`${reason}@${location.replace(COMPILED, '')}`) ?? classes.get(reason) ?? 'benign';

/** Whether drops of a reason can be anything but harmless. */
export const isWorthALook = (reason: string): boolean =>
  [...classes.keys()].some((key) => key === reason || key.startsWith(`${reason}@`));

/** How bad the first ones are, and how many in ten seconds make it worse. */
export const dropSeverity: Readonly<
  Record<Exclude<DropClass, 'benign'>, { readonly first: Severity; readonly many: Severity; readonly count: number }>
> = {
  malformed: { first: 'low', many: 'medium', count: 10 },
  spoofed: { first: 'medium', many: 'high', count: 10 },
  policy: { first: 'low', many: 'medium', count: 100 },
  resource: { first: 'medium', many: 'high', count: 1000 },
  topology: { first: 'low', many: 'medium', count: 100 },
};

/** Reasons that say more than their class: which rule they raise, and its words. */
export const dropRules: Readonly<
  Record<
    string,
    {
      readonly rule: NetworkRule;
      readonly title: string;
      readonly benign: string;
      /** So many of one connection in ten seconds, before that is told. */
      readonly least: number;
      /** Only segments that carry nothing. */
      readonly empty: true;
    }
  >
> = {
  // A sender asks so, again and again, whether a closed window is open: with a number that was received before, and no data. With
  // data it is what was sent again although it had arrived; one now and then keeps an idle connection alive.
  TCP_OLD_SEQUENCE: {
    rule: 'zero_window',
    title: 'a receiver has closed its window: the program there does not read',
    benign: 'a program that is busy for a moment does so',
    least: 3,
    empty: true,
  },
};

/**
 * Whether an address is that of all neighbours of some kind (RFC 4291 2.7, RFC 5771 section 4): what hosts tell their link about
 * themselves, also while it is still coming up, and again and again. That it is dropped harms nobody.
 */
export const isForNeighbours = (address: string): boolean => /^(ff02:|224\.0\.0\.)/.test(address);
