/* SPDX-License-Identifier: GPL-2.0 OR BSD-3-Clause */
/*
 * How many events a second the watches' programs send, so that whoever floods them hides nobody else: a sixteenth of them is for sources
 * that have had few in this second, a sixteenth for users that have. src/capture/live/fair-limit.ts does the same in the programs of
 * subscriptions.
 */
#pragma once
#include "kernel.h"

#define FAIR_SECOND_NS 1000000000LL
/* So long after it was held back last, a process gives up its place to another. Read more often than that. */
#define FAIR_HELD_NS 2000000000LL
#define FAIR_BUCKET_BITS 12
#define FAIR_HELD_BITS 6
/* 2^32 by the golden ratio: spreads keys over a table; the upper bits are the mixed ones. */
#define FAIR_SPREAD 0x9E3779B1U

struct fair_limit {
	__u64 start, count, spare, spare_of_users;
};
/* The second that it counts, and how many. */
struct fair_bucket {
	__u64 start, count;
};
struct fair_held {
	__u32 pid, uid;
	__u64 count, last;
};

/* Of sources and users of all limits together: few have the same. */
struct {
	__uint(type, BPF_MAP_TYPE_ARRAY);
	__uint(max_entries, 1 << FAIR_BUCKET_BITS);
	__type(key, __u32);
	__type(value, struct fair_bucket);
} fair_buckets SEC(".maps");
struct fair_helds {
	struct fair_held of[1 << FAIR_HELD_BITS];
};
/* Who was held back, and how often. */
struct {
	__uint(type, BPF_MAP_TYPE_ARRAY);
	__uint(max_entries, 1);
	__type(key, __u32);
	__type(value, struct fair_helds);
} fair_helds SEC(".maps");
/* A random number: nobody outside shall know who shares a bucket with whom. */
struct {
	__uint(type, BPF_MAP_TYPE_ARRAY);
	__uint(max_entries, 1);
	__type(key, __u32);
	__type(value, __u32);
} fair_seed SEC(".maps");

static __always_inline __u32 fair_spread(__u32 key)
{
	__u32 zero = 0, *seed = bpf_map_lookup_elem(&fair_seed, &zero);

	return (key ^ (seed ? *seed : 0)) * FAIR_SPREAD;
}

/* How many of this key there were in this second, this one included. */
static __always_inline __u64 fair_count(__u32 key, __u64 start)
{
	__u32 index = fair_spread(key) >> (32 - FAIR_BUCKET_BITS);
	struct fair_bucket *bucket = bpf_map_lookup_elem(&fair_buckets, &index);

	if (!bucket)
		return 0;
	if (bucket->start != start) {
		bucket->start = start;
		bucket->count = 0;
	}
	return ++bucket->count;
}

/* Whether one more is within the limit of `most` a second. `source` and `user` should differ between limits. */
static __always_inline bool fair_room(struct fair_limit *limit, __u64 now, __u64 most, __u32 source, __u32 user)
{
	__u64 few = most / 16, spare = most / 16, of_source, of_user;

	/* Signed: another CPU may have begun a second that is later than our time. */
	if ((__s64)(now - limit->start) >= FAIR_SECOND_NS) {
		limit->start = now;
		limit->count = 0;
		limit->spare = 0;
		limit->spare_of_users = 0;
	}
	of_source = fair_count(source, limit->start);
	of_user = fair_count(user, limit->start);
	if (__sync_fetch_and_add(&limit->count, 1) < most - 2 * spare)
		return true;
	if (of_source <= few && __sync_fetch_and_add(&limit->spare, 1) < spare)
		return true;
	return of_user <= few && __sync_fetch_and_add(&limit->spare_of_users, 1) < spare;
}

/* Counts for whom there was no room: exactly, as long as it has a place. */
static __always_inline void fair_hold_back(__u32 pid, __u32 uid, __u64 now)
{
	__u32 zero = 0, index = fair_spread(pid) >> (32 - FAIR_HELD_BITS);
	struct fair_helds *helds = bpf_map_lookup_elem(&fair_helds, &zero);
	struct fair_held *held;

	if (!helds)
		return;
	held = &helds->of[index];
	if (held->pid != pid || held->uid != uid) {
		if ((__s64)(now - held->last) < FAIR_HELD_NS)
			return;
		held->pid = pid;
		held->uid = uid;
		held->count = 0;
	}
	held->last = now;
	__sync_fetch_and_add(&held->count, 1);
}
