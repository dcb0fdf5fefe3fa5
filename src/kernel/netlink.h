/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The little of netlink that the kernel floor's files share: a socket, a request with
 * its acknowledgement, a dump that starts over when the kernel says that it was
 * interrupted, and a transaction of many messages answered as one. Never parses what
 * a particular subsystem says; that is its own file's work.
 */
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include <libmnl/libmnl.h>

/** Room for one request of any kind we send. */
#define NETLINK_REQUEST_BYTES 1024

struct netlink {
	struct mnl_socket *socket; /**< owned; NULL when closed */
	uint32_t portid;
	uint32_t sequence; /**< of the latest request */
	char *buffer;      /**< owned; where answers are read to */
	size_t buffer_bytes;
	bool is_cut; /**< an answer was not read to its end */
};

/** Sees one message of an answer. A negative return ends the dump with that error. */
typedef int netlink_message_fn(const struct nlmsghdr *message, void *user_data);

/** Opens a socket of the netlink family bus (NETLINK_ROUTE, NETLINK_NETFILTER), which
 *  also closes on exec. flags: SOCK_NONBLOCK or 0. Negative errno. */
int netlink_open(struct netlink *netlink, int bus, int flags);

/** Opens a socket, unless it is open and the latest answer was read to its end. Who asks again
 *  and again should keep one, at first zeroed: closing one of NETLINK_NETFILTER waits until the
 *  kernel has freed what nft has deleted shortly before, some 20 ms, and so does meanwhile every
 *  transaction. Negative errno. */
int netlink_keep(struct netlink *netlink, int bus);

/** Lets the socket send as much in one go, if we may. */
void netlink_send_buffer(struct netlink *netlink, int size_bytes);

/** Closes the socket. Accepts what was never opened, if it is zeroed. */
void netlink_close(struct netlink *netlink);

/** Begins a request at buffer (NETLINK_REQUEST_BYTES, aligned): header with a new
 *  sequence number, NLM_F_REQUEST and flags. */
struct nlmsghdr *netlink_request(
	struct netlink *netlink, void *buffer, uint16_t type, uint16_t flags);

/** Sends a request and waits for the acknowledgement; messages before it go to see,
 *  which may be NULL. The kernel's error as negative errno. */
int netlink_talk(struct netlink *netlink, struct nlmsghdr *request,
	netlink_message_fn *see, void *user_data);

/**
 * Sends a dump request and shows every message of the answer to see. When the kernel
 * changed meanwhile (NLM_F_DUMP_INTR) begin is called, which must forget what see has
 * collected, and the dump starts over, a bounded number of times; then -EBUSY.
 */
int netlink_dump(struct netlink *netlink, struct nlmsghdr *request,
	netlink_message_fn *see, void (*begin)(void *user_data), void *user_data);

/** The same once, whatever changed meanwhile. Ends at once with an error of see: the rest of
 *  the answer stays, so the socket is of no more use then. */
int netlink_dump_once(struct netlink *netlink, struct nlmsghdr *request,
	netlink_message_fn *see, void *user_data);

/** Sends size_bytes of messages that the kernel treats as one transaction, the last
 *  sequence number but one being last_sequence, and waits for its outcome: 0 once
 *  last_sequence was acknowledged, else the first error. */
int netlink_transact(struct netlink *netlink, const void *messages, size_t size_bytes,
	uint32_t last_sequence);

/** The same once, whatever changed meanwhile. Ends at once with an error of see: the rest of
 *  the answer stays, so the socket is of no more use then. */
int netlink_dump_once(struct netlink *netlink, struct nlmsghdr *request,
	netlink_message_fn *see, void *user_data);

/** Sends size_bytes of messages that ask for no acknowledgement and do not depend on each
 *  other; the kernel has dealt with them on return. see gets the negative errno of each
 *  one that failed. Negative errno when nothing could be sent. */
int netlink_post(struct netlink *netlink, const void *messages, size_t size_bytes,
	void (*see)(int error, void *user_data), void *user_data);
