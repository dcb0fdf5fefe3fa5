/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Runs the BPF program over single frames (BPF_PROG_TEST_RUN), each test with maps of its own,
 * on the director of fixture.h. What comes out is compared with what the test says, byte for
 * byte; checksums are always made anew, by the plain arithmetic of tests/lib.
 */
#pragma once

#include "client.h"
#include "kernel/bpf_program.h"
#include "kernel/bpf_way.h"
#include "tests/lib/packet_build.h"

#define BPF_RUN_CLIENTS 20000 /**< elements; some pages of memory */
#define BPF_RUN_SERVERS 4
#define BPF_RUN_MARK 0x300  /**< of every client's server */
#define BPF_RUN_MASK 0xff00 /**< bits of the mark that are ours */
#define BPF_RUN_MTU 1400
#define BPF_RUN_REDIRECT 7 /**< TC_ACT_REDIRECT */
#define BPF_RUN_PASS (-1)  /**< TC_ACT_UNSPEC */
#define BPF_RUN_SERVER_V4 "10.2.0.11"
#define BPF_RUN_SERVER_V6 "fd02::11"
#define BPF_RUN_DIRECTOR_V4 "10.2.0.1"
#define BPF_RUN_DIRECTOR_V6 "fd02::1"

/** A frame: Ethernet and a packet. */
struct bpf_frame {
	uint8_t bytes[4096];
	size_t size_bytes;
};

/** What becomes of one. */
struct bpf_ran {
	int action;
	uint32_t mark;
	struct bpf_frame frame;
};

/** Runs the suite as fixture_run(), or not (77) where the kernel has no BPF. */
int bpf_run_suite(Suite *suite);

/** A test case with the program loaded; its tests share namespaces, and find empty maps. */
TCase *bpf_run_case(const char *name);

/** The same, with namespaces for each test, which may change what it likes. */
TCase *bpf_run_own_case(const char *name);

/** The loaded program. */
struct bpf_ingress *bpf_run_ingress(void);

/** From now on this test uses another one, or none; that is let go of at its end. */
void bpf_run_use(struct bpf_ingress *other);

/** The directory of its pins. */
const char *bpf_run_directory(void);

/** Number of an interface of the director. */
uint32_t bpf_run_interface(const char *name);

/** An address of either family. */
struct address bpf_run_address(const char *text);

/** Makes a client of fixture.h known, with or without a port; server 1 is its server. */
void bpf_run_client(const char *client, uint16_t port);

/** The way of server 1 for clients of a family, with the link to station 0x11 filled in for
 *  packets of family outer. */
struct bpf_way bpf_run_way(uint8_t outer);

/** Puts it. */
void bpf_run_set_way(uint8_t client_family, const struct bpf_way *way);

/** Begins a description of what a client sends: ESP, or ESP in UDP. */
void bpf_run_spec(struct packet_spec *spec, const char *client, enum packet_body body);

/** Builds the frame: from station 0x09 to the director. */
void bpf_run_build(const struct packet_spec *spec, struct bpf_frame *ret_frame);

/** Runs it as having come in by in0, or by another interface. */
void bpf_run(const struct bpf_frame *frame, struct bpf_ran *ret_ran);
void bpf_run_at(const char *interface, const struct bpf_frame *frame, uint32_t gso_bytes,
	struct bpf_ran *ret_ran);

/** Sets an IPv4 header's checksum. */
void bpf_run_sum4(uint8_t *header);

/** Takes one TTL, or hop limit, off a packet. */
void bpf_run_older(uint8_t *packet);

/** Writes the Ethernet header to station 0x11 (from 0x02) for a packet of family. */
void bpf_run_link(uint8_t *frame, uint8_t family);

/** Expects that the frame was redirected as it is in expected, its mark untouched, and that it
 *  was counted. */
void bpf_run_expect(const struct bpf_ran *ran, const struct bpf_frame *expected);

/** Expects that the frame was left as it was, for that reason. */
void bpf_run_expect_pass(const struct bpf_frame *frame, const struct bpf_ran *ran,
	enum bpf_reason reason, bool marked);

/** How many packets there have been for a reason. */
uint64_t bpf_run_reason(enum bpf_reason reason);
